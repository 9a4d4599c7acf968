;; SPDX-License-Identifier: GPL-3.0-or-later
;; The news back end of Gnus, without its screens: open, log in, headers, an article, a post.
;; Gnus sees STARTTLS among the capabilities and uses it, so it must trust our authority.
;; emacs --batch -l gnus.el; CA, PORT, GROUP, LOGIN, PASSWORD, SENDER come from the environment.
(require 'gnutls)
(require 'nntp)
(require 'nnheader)

(defun field (name) (or (getenv name) (error "%s is not set" name)))

(defun login ()
  (nntp-send-command "^3.*\r?\n" "AUTHINFO USER" (field "LOGIN"))
  (nntp-send-command "^2.*\r?\n" "AUTHINFO PASS"
                     (encode-coding-string (field "PASSWORD") 'utf-8)))

(setq gnutls-trustfiles (list (field "CA"))
      gnutls-verify-error t)

(let ((server (list (list 'nntp-address "localhost")
                    (list 'nntp-port-number (string-to-number (field "PORT"))))))
  (setq nntp-server-opened-hook '(nntp-send-mode-reader login))
  (unless (nntp-open-server "koko" server) (error "cannot open the server"))
  (unless (nntp-request-group (field "GROUP") "koko") (error "no such group"))
  (nntp-retrieve-headers '(1 2 3) (field "GROUP") "koko")
  (with-current-buffer nntp-server-buffer
    (princ (format "headers: %d lines\n" (count-lines (point-min) (point-max)))))
  (with-temp-buffer
    (unless (nntp-request-article 1 (field "GROUP") "koko" (current-buffer))
      (error "no article"))
    (princ (format "article: %d characters\n" (buffer-size))))
  (with-temp-buffer
    (insert (format "From: %s\nNewsgroups: %s\nSubject: Von Gnus\n\nHallo von Gnus.\n"
                    (field "SENDER") (field "GROUP")))
    (unless (nntp-request-post "koko") (error "not posted")))
  (princ "posted\n"))
