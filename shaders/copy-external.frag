#version 300 es
#extension GL_OES_EGL_image_external_essl3 : require

/* As copy.frag, where the driver converts from YUV, or from a layout that only it knows. */

precision highp float;
precision highp samplerExternalOES;

uniform samplerExternalOES picture;
uniform bool swaps_red_and_blue;

out vec4 pixel;

void main()
{
	vec3 colour = texelFetch(picture, ivec2(gl_FragCoord.xy), 0).rgb;

	pixel = vec4(swaps_red_and_blue ? colour.bgr : colour, 1.0);
}
