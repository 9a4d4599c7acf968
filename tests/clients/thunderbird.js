// SPDX-License-Identifier: GPL-3.0-or-later
// What a person does in Thunderbird's main window, as functions of `window.koko`.  Run once in that
// window by test_thunderbird.py, which then calls them by name.  Whatever Thunderbird does late is
// waited for by its own notifications; the caller's script has the limit.  Seen with 153 ESR.
/* global Services, MailServices, ChromeUtils, Cc, Ci */

window.koko = (function () {
	const setup = name =>
		ChromeUtils.importESModule(`resource:///modules/accountcreation/${name}.sys.mjs`);
	const pane = () => document.getElementById("tabmail").currentAbout3Pane;

	// ---- waiting ----

	// Ask `probe` now and after every change that any folder tells of; what it finds at last.
	function found(probe) {
		return new Promise((resolve, reject) => {
			const look = () => {
				try {
					const seen = probe();
					if (seen) {
						MailServices.mailSession.RemoveFolderListener(listener);
						resolve(seen);
					}
				} catch (e) {
					MailServices.mailSession.RemoveFolderListener(listener);
					reject(e);
				}
			};
			// A change is told in the middle of itself: look when it is done.
			const later = () => Services.tm.dispatchToMainThread(look);
			const listener = {
				onFolderAdded: later, onMessageAdded: later, onFolderRemoved: later,
				onMessageRemoved: later, onFolderPropertyChanged: later,
				onFolderIntPropertyChanged: later, onFolderBoolPropertyChanged: later,
				onFolderPropertyFlagChanged: later, onFolderEvent: later,
			};
			MailServices.mailSession.AddFolderListener(listener, Ci.nsIFolderListener.all);
			look();
		});
	}

	// The pane shows this message; one that was selected before may still come first.
	const shows = id => new Promise(resolve => {
		const look = ({ detail: head }) => {
			if (head.messageId == id) {
				window.removeEventListener("MsgLoaded", look);
				resolve();
			}
		};
		window.addEventListener("MsgLoaded", look);
	});

	// ---- accounts ----

	// What the account set-up finds out from an address.
	async function find(address, password) {
		const search = setup("FindConfig").FindConfig.parallelAutoDiscovery(
			address.split("@")[1], address, new AbortController().signal, password);
		const { value: config } = await search.next();
		if (!config?.incoming) {
			throw new Error(`nothing was found for ${address}: ${JSON.stringify(config)}`);
		}
		return config;
	}

	const about = ({ subSource, incoming, outgoing }) => ({ source: subSource,
		incoming: { port: incoming.port, socketType: incoming.socketType,
			username: incoming.username },
		outgoing: { port: outgoing.port, socketType: outgoing.socketType,
			username: outgoing.username } });

	// As the account set-up does with name, address and password, and nothing else known.
	async function addAccount(address, name, password) {
		const config = await find(address, password);
		setup("AccountConfig").AccountConfig.replaceVariables(config, name, address, password);
		config.rememberPassword = true;
		const { ConfigVerifier } = setup("ConfigVerifier");
		const verifier = new ConfigVerifier(window.msgWindow, new AbortController().signal);
		const good = await verifier.verifyConfig(config, false);
		const account =
			await setup("CreateInBackend").CreateInBackend.createAccountInBackend(good);
		getMessages(account.incomingServer);
		return about(good);
	}

	// As "Newsgroup Account" and its settings do; the password as the dialog would keep it.
	async function addNews(host, port, address, name, password) {
		const identity = MailServices.accounts.createIdentity();
		identity.email = address;
		identity.fullName = name;
		identity.composeHtml = false;
		identity.valid = true;
		const news = MailServices.accounts.createIncomingServer(null, host, "nntp");
		news.port = port;
		news.socketType = Ci.nsMsgSocketType.SSL;
		news.setBoolValue("always_authenticate", true);
		news.valid = true;
		const account = MailServices.accounts.createAccount();
		account.addIdentity(identity);
		account.incomingServer = news;
		const origin = news.rootFolder.QueryInterface(Ci.nsIMsgNewsFolder).urlForSignon;
		const login = Cc["@mozilla.org/login-manager/loginInfo;1"]
			.createInstance(Ci.nsILoginInfo);
		login.init(origin, null, origin, address, password, "", "");
		await Services.logins.addLoginAsync(login);
	}

	const subscribe = group =>
		server("nntp").QueryInterface(Ci.nsISubscribableServer).subscribe(group);

	// The button "Get Messages".
	const getMessages = from => from.getNewMessages(from.rootFolder, window.msgWindow, null);

	const server = type => MailServices.accounts.allServers.find(s => s.type == type);

	// ---- folders: their path is the part of the URI behind the server ----

	const path = folder => decodeURI(folder.URI.slice(folder.server.serverURI.length + 1));
	const folder = (type, name) => server(type).rootFolder.descendants.find(f => path(f) == name);

	// The folders of a server, once all that are `wanted` are among them.
	async function folders(type, wanted) {
		await found(() => wanted.every(name => folder(type, name)));
		return server(type).rootFolder.descendants.map(path);
	}

	// Its counts, once they are these; -1 is any.
	const counts = (type, name, unread, total) => found(() => {
		const f = folder(type, name);
		const seen = { unread: f.getNumUnread(false), total: f.getTotalMessages(false) };
		return (unread < 0 || seen.unread == unread) && (total < 0 || seen.total == total) && seen;
	});

	// ---- the list of messages ----

	// Show a folder; its rows, once there are `total`, as they stand below each other.
	async function open(type, name, total) {
		pane().displayFolder(folder(type, name));
		const view = await found(() => {
			const view = pane().gDBView;
			const shown = view && pane().gFolder == folder(type, name);
			if (shown) {
				view.doCommand(Ci.nsMsgViewCommandType.expandAll);
			}
			return shown && view.rowCount == total && view;
		});
		return Array.from({ length: view.rowCount }, (_, i) => {
			const head = view.getMsgHdrAt(i);
			return { level: view.getLevel(i), id: head.messageId, number: head.messageKey,
				author: head.mime2DecodedAuthor, read: head.isRead,
				flagged: head.isFlagged };
		});
	}

	// The row of a message of the open folder, once it is read or not, flagged or not.
	const marked = (id, read, flagged) => found(() => {
		const head = pane().gDBView.getMsgHdrAt(row(id));
		return head.isRead == read && head.isFlagged == flagged;
	});

	const select = id => { pane().threadTree.selectedIndex = row(id); };

	// Select a message of the open folder; the head fields and the text that then stand in the pane.
	async function read(id) {
		const shown = shows(id);
		select(id);
		await shown;
		const message = pane().messageBrowser.contentWindow;
		const fields = Object.values(message.currentHeaderData)
			.map(({ headerName, headerValue }) => [headerName.toLowerCase(), headerValue]);
		return { fields: Object.fromEntries(fields),
			text: message.getMessagePaneBrowser().contentDocument.body.textContent };
	}

	// The place of a message of the open folder in the list.
	function row(id) {
		const view = pane().gDBView;
		for (let i = 0; i < view.rowCount; i++) {
			if (view.getMsgHdrAt(i).messageId == id) {
				return i;
			}
		}
		throw new Error(`${id} is not in the list`);
	}

	// What a button or a menu does with the selected messages.
	const command = name => pane().commandController.doCommand(name);

	// ---- writing ----

	// The window that `begin` opens, once one can type in it.
	function compose(begin) {
		return new Promise(resolve => {
			const watch = { observe(opened, topic) {
				if (topic == "domwindowopened") {
					Services.ww.unregisterNotification(watch);
					opened.addEventListener("compose-editor-ready", () => resolve(opened),
						{ once: true });
				}
			} };
			Services.ww.registerNotification(watch);
			begin();
		});
	}

	// What becomes of a message: its Message-ID; a dialog is a failure, for nobody will answer it.
	const outcome = () => new Promise((resolve, reject) => {
		const ends = {
			"mail:composeSendSucceeded": (_, id) => resolve(id),
			"common-dialog-loaded": opened => reject(
				new Error("asks: " + opened.document.getElementById("infoBody").textContent)),
		};
		const watch = (subject, topic, data) => {
			Object.keys(ends).forEach(name => Services.obs.removeObserver(watch, name));
			ends[topic](subject, data);
		};
		Object.keys(ends).forEach(name => Services.obs.addObserver(watch, name));
	});

	// Whom a message under way goes to, as its window shows them.
	const recipients = writer => [...writer.document.querySelectorAll("mail-address-pill")]
		.map(pill => pill.emailAddress || pill.fullAddress);

	// Type and send; whom it went to, and its Message-ID ("" for news, which tells none).
	async function send(writer, text) {
		const to = recipients(writer);
		const editor = writer.GetCurrentEditor();
		editor.beginningOfDocument();
		editor.insertText(text);
		const sent = outcome();
		writer.goDoCommand("cmd_sendNow");
		const id = await sent;
		return { to, id: id.replace(/[<>]/g, "") };
	}

	// Answer the selected message by `name`: cmd_reply, cmd_replyall, cmd_replylist.
	const reply = async (name, text) => send(await compose(() => command(name)), text);

	// Whom that would go to; nothing is sent.
	async function wouldReply(name) {
		const writer = await compose(() => command(name));
		const to = recipients(writer);
		writer.gMsgCompose.bodyModified = writer.gContentChanged = false;
		writer.close();
		return to;
	}

	// ---- filing ----

	async function makeFolder(name) {
		server("imap").rootFolder.createSubfolder(name, window.msgWindow);
		await found(() => folder("imap", name));
	}

	// Move the selected message; the server hears of it later.
	const move = to => pane().commandController.doCommand("cmd_moveMessage", folder("imap", to));

	// The config editor.
	const prefer = (name, value) => typeof value == "string"
		? Services.prefs.setCharPref(name, value) : Services.prefs.setBoolPref(name, value);

	// Certificates that were accepted although nobody vouches for them.
	const exceptions = () => Cc["@mozilla.org/security/certoverride;1"]
		.getService(Ci.nsICertOverrideService).getOverrides().length;

	return { find: async (...person) => about(await find(...person)), addAccount, addNews,
		subscribe, check: type => getMessages(server(type)), folders, counts, open, marked, read,
		select, command, reply, wouldReply, makeFolder, move, prefer, exceptions };
})();
