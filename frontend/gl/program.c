#include "gl/program.h"

#include <errno.h>

#include "base/log.h"
#include "gl-shaders.h"

#define LOG_SIZE 512

static GLuint
compile(GLenum type, const char *source)
{
	GLuint shader = glCreateShader(type);
	GLint ok = GL_FALSE;

	glShaderSource(shader, 1, &source, NULL);
	glCompileShader(shader);
	glGetShaderiv(shader, GL_COMPILE_STATUS, &ok);
	if (!ok) {
		char text[LOG_SIZE] = "";

		glGetShaderInfoLog(shader, sizeof(text), NULL, text);
		log_error("GPU helper: the driver refuses a shader (%s): it is not drawn", text);
		glDeleteShader(shader);
		return 0;
	}
	return shader;
}

/* 0 when the driver refuses it; logged. */
static GLuint
link_program(const char *vertex_source, const char *fragment_source)
{
	GLuint vertex = compile(GL_VERTEX_SHADER, vertex_source);
	GLuint fragment = compile(GL_FRAGMENT_SHADER, fragment_source);
	GLuint program = 0;

	if (vertex != 0 && fragment != 0) {
		GLint ok = GL_FALSE;

		program = glCreateProgram();
		glAttachShader(program, vertex);
		glAttachShader(program, fragment);
		glLinkProgram(program);
		glGetProgramiv(program, GL_LINK_STATUS, &ok);
		if (!ok) {
			log_error("GPU helper: the driver refuses a program: it is not drawn");
			glDeleteProgram(program);
			program = 0;
		}
	}
	/* The program keeps what it needs of them; none is none. */
	glDeleteShader(vertex);
	glDeleteShader(fragment);
	return program;
}

void
program_finish(struct program *program)
{
	glDeleteProgram(program->plain.name);
	glDeleteProgram(program->external.name);
	glDeleteVertexArrays(1, &program->vertices);
	*program = (struct program){ 0 };
}

int
program_draw(struct program *program, const struct texture *texture, bool swap,
	const struct rect *rects, uint32_t n_rects)
{
	bool external = texture->target == GL_TEXTURE_EXTERNAL_OES;
	GLuint *name = external ? &program->external.name : &program->plain.name;
	GLint *swaps = external ? &program->external.swaps_red_and_blue
				: &program->plain.swaps_red_and_blue;

	if (*name == 0) {
		*name = link_program(
			shader_copy_vert, external ? shader_copy_external_frag : shader_copy_frag);
		if (*name == 0) {
			return -EIO;
		}
		*swaps = glGetUniformLocation(*name, "swaps_red_and_blue");
	}
	if (program->vertices == 0) {
		glGenVertexArrays(1, &program->vertices);
	}
	glUseProgram(*name);
	glUniform1i(*swaps, swap);
	glBindVertexArray(program->vertices);
	glBindTexture(texture->target, texture->name);
	glEnable(GL_SCISSOR_TEST);
	for (uint32_t i = 0; i < n_rects; i++) {
		glScissor(rects[i].x, rects[i].y, rects[i].width, rects[i].height);
		glDrawArrays(GL_TRIANGLES, 0, 3);
	}
	return glGetError() == GL_NO_ERROR ? 0 : -EIO;
}
