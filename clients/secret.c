/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Passwords are read in one piece, bounded, and wiped by the caller. */
#include "clients/secret.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "clients/i18n.h"
#include "proto/base/mem.h"

/* A line without its end; false when there is none or it is too long. */
static bool read_line(FILE *f, char out[SECRET_MAX])
{
	if (!fgets(out, SECRET_MAX, f))
		return false;

	size_t len = strcspn(out, "\r\n");
	bool whole = out[len] != '\0' || len < SECRET_MAX - 1;
	out[len] = '\0';
	return whole && len > 0;
}

int secret_read(const char *file, char out[SECRET_MAX], struct err *err)
{
	FILE *f = file ? fopen(file, "re") : stdin;

	if (!f)
		return err_set(err, KERR_IO, "%s: %s", file, strerror(errno));
	bool good = read_line(f, out);
	if (file)
		fclose(f);
	if (good)
		return 0;
	mem_wipe(out, SECRET_MAX);
	return err_set(err, KERR_INVALID, _("no password of 1 to %d bytes in %s"), SECRET_MAX - 2,
		file ? file : _("standard input"));
}

static bool ask_once(FILE *tty, const char *prompt, char out[SECRET_MAX])
{
	struct termios was, quiet;

	fprintf(tty, "%s: ", prompt);
	fflush(tty);
	if (tcgetattr(fileno(tty), &was) < 0)
		return false;
	quiet = was;
	quiet.c_lflag &= ~(tcflag_t)ECHO;
	tcsetattr(fileno(tty), TCSAFLUSH, &quiet);
	bool good = read_line(tty, out);
	tcsetattr(fileno(tty), TCSAFLUSH, &was);
	fputc('\n', tty);
	return good;
}

static int ask_twice(FILE *tty, const char *prompt, char out[SECRET_MAX], struct err *err)
{
	char second[SECRET_MAX];
	int rc = 0;

	if (!ask_once(tty, prompt, out))
		return err_set(err, KERR_INVALID, _("no password was given"));
	if (!ask_once(tty, _("again"), second) || strcmp(out, second) != 0)
		rc = err_set(err, KERR_INVALID, _("the passwords differ"));
	mem_wipe(second, sizeof second);
	return rc;
}

int secret_ask(const char *prompt, bool again, char out[SECRET_MAX], struct err *err)
{
	FILE *tty = fopen("/dev/tty", "r+e");
	int rc = 0;

	if (!tty)
		return err_set(err, KERR_NOTFOUND, _("no terminal to ask for a password"));
	if (again)
		rc = ask_twice(tty, prompt, out, err);
	else if (!ask_once(tty, prompt, out))
		rc = err_set(err, KERR_INVALID, _("no password was given"));
	fclose(tty);
	return rc;
}
