#version 300 es

/*
 * Each pixel of the picture to the same place. What the guest has in its alpha channel is junk:
 * its monitor has none.
 */

precision highp float;
precision highp sampler2D;

uniform sampler2D picture;
uniform bool swaps_red_and_blue;

out vec4 pixel;

void main()
{
	vec3 colour = texelFetch(picture, ivec2(gl_FragCoord.xy), 0).rgb;

	pixel = vec4(swaps_red_and_blue ? colour.bgr : colour, 1.0);
}
