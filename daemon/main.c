/* SPDX-License-Identifier: GPL-3.0-or-later */
/* kokod: options, checks of the configuration, background, exit codes.  kokod(8) */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/crypto_ossl.h"
#include "daemon/daemon.h"
#include "daemon/log_sink.h"
#include "daemon/privs.h"

enum {
	EXIT_USAGE = 2,
	MALLOC_MMAP = 1024 * 1024,     /* bytes of a block that has a mapping of its own */
	MALLOC_TRIM = 2 * MALLOC_MMAP, /* ... that a heap keeps at its end */
};

struct options {
	struct daemon_opts daemon;
	bool check;      /* -t */
	bool foreground; /* -f */
	bool lost_keys;  /* -L */
};

static int ready_fd = -1; /* tells the waiting parent that all doors answer */

static int usage(FILE *to, int code)
{
	fputs("usage: kokod [-c FILE] [-D DIR] [-f] [-L] [-t] [-V]\n"
	      "  -c FILE  configuration (" SYSCONFDIR "/kokod/kokod.conf)\n"
	      "  -D DIR   data directory, in place of the setting\n"
	      "  -f       stay in the foreground\n"
	      "  -L       the file keys is lost: make another one and end\n"
	      "  -t       check the configuration and end\n"
	      "  -V       show the version\n",
		to);
	return code;
}

/* -1: go on; else the exit code. */
static int take_options(int argc, char **argv, struct options *o)
{
	int c;

	while ((c = getopt(argc, argv, "c:D:fhLtV")) != -1) {
		switch (c) {
		case 'c':
			o->daemon.file = optarg;
			break;
		case 'D':
			o->daemon.data = optarg;
			break;
		case 'f':
			o->foreground = true;
			break;
		case 'L':
			o->lost_keys = true;
			break;
		case 't':
			o->check = true;
			break;
		case 'V':
			puts(PACKAGE_STRING);
			return 0;
		case 'h':
			return usage(stdout, 0);
		default:
			return usage(stderr, EXIT_USAGE);
		}
	}
	return optind < argc ? usage(stderr, EXIT_USAGE) : -1;
}

static void tell_parent(void)
{
	if (ready_fd < 0)
		return;
	(void)!write(ready_fd, "r", 1);
	close(ready_fd);
	ready_fd = -1;
	privs_detach();
}

/* The parent ends with 0 when the child serves, else with the child's code. */
static int wait_for_child(pid_t child, int fd)
{
	char c;
	int status;

	if (read(fd, &c, 1) == 1)
		return 0;
	if (waitpid(child, &status, 0) < 0 || !WIFEXITED(status))
		return EXIT_UNAVAILABLE;
	return WEXITSTATUS(status);
}

/* -1: go on, in the child; else the exit code. */
static int to_background(void)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) < 0) {
		fprintf(stderr, "kokod: %s\n", strerror(errno));
		return EXIT_UNAVAILABLE;
	}
	pid_t child = fork();
	if (child < 0) {
		fprintf(stderr, "kokod: %s\n", strerror(errno));
		return EXIT_UNAVAILABLE;
	}
	if (child > 0) {
		close(fds[1]);
		return wait_for_child(child, fds[0]);
	}
	close(fds[0]);
	ready_fd = fds[1];
	setsid();
	return -1;
}

static int start(struct options *o, struct conf *conf_take)
{
	struct err err;
	int code = o->foreground ? -1 : to_background();

	if (code < 0 && log_sink_set(conf_take->log.target, conf_take->log.level, &err) < 0) {
		fprintf(stderr, "kokod: %s\n", err.text);
		code = EXIT_CONFIG;
	}
	if (code >= 0) {
		conf_free(conf_take);
		return code;
	}
	o->daemon.ready = tell_parent;
	privs_prepare();
	code = daemon_run(&o->daemon, conf_take);
	log_sink_close();
	return code;
}

/* Once, by hand, before the daemon is started again. */
static int make_keys(struct conf *conf_take)
{
	struct err err = {""};
	int rc = daemon_make_keys(conf_take, &err);

	if (rc < 0)
		fprintf(stderr, "kokod: %s\n", err.text);
	else
		printf("%s/keys is made; when kokod runs, what is lost of shared groups is fetched "
		       "again, and kokoctl peer status says how far it is\n",
			conf_take->data);
	conf_free(conf_take);
	return daemon_exit_code(rc);
}

/*
 * A heap that shrinks behind each burst of articles has its pages zeroed again for the next one.
 * These are the values that glibc comes to by itself when a block of a megabyte was freed once.
 */
static void keep_heaps(void)
{
	(void)mallopt(M_MMAP_THRESHOLD, MALLOC_MMAP);
	(void)mallopt(M_TRIM_THRESHOLD, MALLOC_TRIM);
}

int main(int argc, char **argv)
{
	struct options o = {.daemon = {.file = SYSCONFDIR "/kokod/kokod.conf"}};
	struct conf *conf;
	struct err err = {""};
	int code = take_options(argc, argv, &o);

	if (code >= 0)
		return code;
	privs_fill_standard_fds();
	keep_heaps();
	crypto_ossl_install();
	int rc = daemon_conf_load(&o.daemon, &conf, &err);
	if (rc < 0) {
		fprintf(stderr, "kokod: %s\n", err.text);
		return rc == KERR_DENIED ? EXIT_NO_PERMISSION : EXIT_CONFIG;
	}
	if (o.check) {
		printf("%s: no fault found\n", o.daemon.file);
		conf_free(conf);
		return 0;
	}
	return o.lost_keys ? make_keys(conf) : start(&o, conf);
}
