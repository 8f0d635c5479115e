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
		log_info("GPU helper: the driver refuses a shader (%s): what needs it is not drawn",
			text);
		glDeleteShader(shader);
		return 0;
	}
	return shader;
}

static struct linked_program
link_program(const char *fragment_source)
{
	GLuint vertex = compile(GL_VERTEX_SHADER, shader_copy_vert);
	GLuint fragment = compile(GL_FRAGMENT_SHADER, fragment_source);
	struct linked_program program = { 0 };

	if (vertex != 0 && fragment != 0) {
		GLint ok = GL_FALSE;

		program.name = glCreateProgram();
		glAttachShader(program.name, vertex);
		glAttachShader(program.name, fragment);
		glLinkProgram(program.name);
		glGetProgramiv(program.name, GL_LINK_STATUS, &ok);
		if (ok) {
			program.swaps_red_and_blue =
				glGetUniformLocation(program.name, "swaps_red_and_blue");
		} else {
			log_info(
				"GPU helper: the driver refuses a program: what needs it is not drawn");
			glDeleteProgram(program.name);
			program.name = 0;
		}
	}
	/* The program keeps what it needs of them; none is none. */
	glDeleteShader(vertex);
	glDeleteShader(fragment);
	return program;
}

void
program_init(struct program *program)
{
	program->plain = link_program(shader_copy_frag);
	program->external = link_program(shader_copy_external_frag);
	glGenVertexArrays(1, &program->vertices);
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
program_draw(const struct program *program, const struct texture *texture, bool swap,
	const struct rect *rects, uint32_t n_rects)
{
	const struct linked_program *linked =
		texture->target == GL_TEXTURE_EXTERNAL_OES ? &program->external : &program->plain;

	if (linked->name == 0) {
		return -EIO;
	}
	glUseProgram(linked->name);
	glUniform1i(linked->swaps_red_and_blue, swap);
	glBindVertexArray(program->vertices);
	glBindTexture(texture->target, texture->name);
	glEnable(GL_SCISSOR_TEST);
	for (uint32_t i = 0; i < n_rects; i++) {
		glScissor(rects[i].x, rects[i].y, rects[i].width, rects[i].height);
		glDrawArrays(GL_TRIANGLES, 0, 3);
	}
	return glGetError() == GL_NO_ERROR ? 0 : -EIO;
}
