// Reads a mailbox by IMAP, for tests: every message of INBOX as it lies there, oldest first.
//
//   node imap.mjs PORT USER PASSWORD [COUNT [SECONDS]]   prints a JSON array of the messages' texts; waits up to
//                                                        SECONDS (10) until there are COUNT (0) of them
//   import { readInbox, waitForInbox } from "./imap.mjs"
import net from "node:net";
import { fileURLToPath } from "node:url";

/** One command and its answer: untagged lines, a literal's bytes joined into the line that announced it. */
class Imap {
    constructor(port) {
        this.socket = net.connect(port, "127.0.0.1");
        this.bytes = Buffer.alloc(0);
        this.tag = 0;
        this.socket.on("data", (d) => { this.bytes = Buffer.concat([this.bytes, d]); this.wake?.(); });
        this.socket.on("error", (e) => { this.failed = e; this.wake?.(); });
        this.socket.on("close", () => { this.failed ??= new Error("the IMAP server closed"); this.wake?.(); });
    }

    async more() {
        if (this.failed) throw this.failed;
        await new Promise((resolve) => { this.wake = resolve; });
    }

    async take(n) {
        while (this.bytes.length < n) await this.more();
        const piece = this.bytes.subarray(0, n);
        this.bytes = this.bytes.subarray(n);
        return piece;
    }

    async line() {
        let end;
        while ((end = this.bytes.indexOf("\r\n")) < 0) await this.more();
        return (await this.take(end + 2)).subarray(0, end).toString("latin1");
    }

    async say(command) {
        const tag = `a${++this.tag}`, answers = [];
        this.socket.write(`${tag} ${command}\r\n`);
        for (;;) {
            const line = await this.line(), literal = /\{(\d+)\}$/.exec(line);
            if (literal) {
                answers.push({ line, bytes: await this.take(Number(literal[1])) });
                await this.line();
            } else if (line.startsWith(`${tag} `)) {
                if (!line.startsWith(`${tag} OK`)) throw new Error(`IMAP: ${command.split(" ")[0]}: ${line}`);
                return answers;
            } else {
                answers.push({ line });
            }
        }
    }
}

export async function readInbox({ port, user, password }) {
    const imap = new Imap(Number(port));
    try {
        await imap.line();
        await imap.say(`LOGIN "${user}" "${password}"`);
        await imap.say("SELECT INBOX");
        const answers = await imap.say("UID FETCH 1:* (UID BODY.PEEK[])");
        await imap.say("LOGOUT");
        return answers.filter((a) => a.bytes).map((a) => a.bytes.toString("utf8"));
    } finally {
        imap.socket.destroy();
    }
}

export async function waitForInbox(account, count, seconds = 10) {
    const until = Date.now() + seconds * 1000;
    for (;;) {
        const messages = await readInbox(account);
        if (messages.length >= count) return messages;
        if (Date.now() > until)
            throw new Error(`${account.user} has ${messages.length} messages, not ${count}, after ${seconds} s`);
        await new Promise((resolve) => setTimeout(resolve, 100));
    }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
    const [port, user, password, count = "0", seconds = "10"] = process.argv.slice(2);
    if (!password) {
        console.error("usage: node imap.mjs PORT USER PASSWORD [COUNT [SECONDS]]");
        process.exit(2);
    }
    try {
        console.log(JSON.stringify(await waitForInbox({ port, user, password }, Number(count), Number(seconds))));
    } catch (e) {
        console.error(e.message);
        process.exit(1);
    }
}
