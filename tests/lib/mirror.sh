# To be sourced. mirror prints the mirror of the Debian archive that apt uses here; no file of this
# repository names one.
mirror() {
	apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' \
		'Component: main' | grep -v security | head -n 1
}
