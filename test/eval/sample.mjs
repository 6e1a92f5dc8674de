/* Which letters are read and labelled: a fixed choice, by hashes of their ids.
 *
 *   node test/eval/sample.mjs asks|names|more-names|promises|thanks|praise DATA/threads/threads.jsonl.gz
 *
 * prints one JSON object a line: {"id", "answer"?, "split"?, "text"}. The output holds text of others and
 * belongs in no repository. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";

const SHORTEST = 60, LONGEST = 2500; /* bytes */
const hash = (salt, key) => createHash("sha256").update(`${salt}:${key}`).digest("hex");
const bytes = (text) => Buffer.byteLength(text);
const keyOf = (item) => (item.answer ? `${item.id}/${item.answer}` : item.id);
const byHash = (salt) => (a, b) => (hash(salt, keyOf(a)) < hash(salt, keyOf(b)) ? -1 : 1);
const fits = (text) => bytes(text) >= SHORTEST && bytes(text) <= LONGEST;

/* The locale is that of the site, so letters in other languages stand among the English ones. */
const ENGLISH = /\b(the|and|is|my|to|i|it|not|have|of|this|with)\b/gi;
const english = (text) => {
    const words = text.split(/\s+/).length;
    return (text.match(ENGLISH) ?? []).length >= Math.max(3, words / 12);
};

function threads(path) {
    return gunzipSync(readFileSync(path))
        .toString("utf8")
        .split("\n")
        .filter(Boolean)
        .map((line) => JSON.parse(line))
        .filter((thread) => thread.locale === "en-US");
}

const lettersOf = (all) =>
    all.filter((t) => fits(t.letter) && english(t.letter)).map((t) => ({ id: t.id, text: t.letter }));
const answersOf = (all) =>
    all.flatMap((t) =>
        t.answers
            .filter((a) => a.own && bytes(a.text) <= LONGEST && english(a.text))
            .map((a) => ({ id: t.id, answer: a.id, text: a.text })),
    );

/* Letters and answers that are not taken yet. */
const others = (all, taken, salt) =>
    [...lettersOf(all), ...answersOf(all)].filter((i) => !taken.has(keyOf(i))).sort(byHash(salt));

/* A hundred and fifty: fifty of each third by length, so that short and long ones count alike; a third of
 * them to tune on. */
function asks(all) {
    const letters = lettersOf(all).sort((a, b) => bytes(a.text) - bytes(b.text) || (a.id < b.id ? -1 : 1));
    const third = Math.ceil(letters.length / 3);
    const chosen = [0, 1, 2].flatMap((i) =>
        letters.slice(i * third, (i + 1) * third).sort(byHash("asks")).slice(0, 50),
    );
    chosen.sort(byHash("split"));
    return chosen.map(({ id, text }, i) => ({ id, split: i < 50 ? "tune" : "report", text }));
}

/* What may be a name, true or false: somebody who says so, a short last line or last words that begin with a
 * capital, a greeting with a word behind it. */
const SAYS_SO = /\b(my name is|my name's|i am called|this is [A-Z][a-z]+ (here|from))\b/i;
const LAST = /(^|[\n.!?,])[ \t]*[-~]*[ \t]*[A-Z][\p{L}.'-]*([ \t]+[A-Z][\p{L}.'-]*){0,2}[ \t]*[.!]?\s*$/u;
const CLOSES = /\b(regards|cheers|thanks|thank you|sincerely|best|yours)\b[^a-z0-9]{0,4}[A-Z]?[\p{L}.]*\s*$/iu;
const GREETS = /^\s*(hi|hello|hey|dear|good (morning|day|evening|afternoon))[ ,]+[A-Z@]/i;
const KINDS = { says: SAYS_SO, last: LAST, closes: CLOSES, greets: GREETS };
const SHARE = { says: 60, last: 180, closes: 70, greets: 40 };

function names(all) {
    const taken = new Set(asks(all).map(keyOf));
    const items = others(all, taken, "names");
    return Object.entries(KINDS).flatMap(([kind, pattern]) => {
        const some = items.filter((i) => !taken.has(keyOf(i)) && pattern.test(i.text)).slice(0, SHARE[kind]);
        for (const item of some) taken.add(keyOf(item));
        return some.map((item) => ({ ...item, kind }));
    });
}

/* More of the last kind, to tune on. */
function moreNames(all) {
    const taken = new Set([...asks(all), ...names(all)].map(keyOf));
    const items = others(all, taken, "names");
    return items.filter((i) => LAST.test(i.text) || SAYS_SO.test(i.text)).slice(0, 70);
}

/* Letters seldom promise; in the answers to what they were asked people do. The pattern is as wide as can be,
 * but a promise in other words is not among these. */
const FUTURE =
    /\b(i['\u2019]?ll|i (will|shall|can try)|i['\u2019]?m going to|i am going to|will (try|let|report|send|post|do|check))\b/i;

function promises(all) {
    const taken = new Set(asks(all).map(keyOf));
    const items = answersOf(all).filter((i) => !taken.has(keyOf(i)) && FUTURE.test(i.text));
    return items
        .sort(byHash("promises"))
        .slice(0, 90)
        .map((item, i) => ({ ...item, split: i < 30 ? "tune" : "report" }));
}

const THANKFUL = /\b(thank|thanks|thx|ty|appreciate|grateful|awesome|great|love|perfect|works now|solved)\b/i;

function thanks(all) {
    const taken = new Set(asks(all).map(keyOf));
    const items = others(all, taken, "thanks");
    const random = items.slice(0, 100);
    const rest = items.slice(100).filter((i) => THANKFUL.test(i.text));
    return [...random, ...rest.slice(0, 100)];
}

/* The same mixture from what stands in none of the above, to judge what was tuned on those. */
const WARM =
    /\b(thank\w*|thx|tnx|ty|appreciat\w*|grateful|cheers|kudos|awesome|great|love|excellent|brilliant|amazing|wonderful|perfect\w*|fantastic|well done|good (job|work)|best|works now|solved|recommend\w*|told)\b/i;

function praise(all) {
    const taken = new Set([...asks(all), ...names(all), ...moreNames(all), ...promises(all), ...thanks(all)].map(keyOf));
    const items = others(all, taken, "praise");
    const random = items.slice(0, 100);
    const rest = items.slice(100).filter((i) => WARM.test(i.text));
    return [...random, ...rest.slice(0, 100)];
}

const [what, path] = process.argv.slice(2);
const choices = { asks, names, "more-names": moreNames, promises, thanks, praise };
if (!choices[what] || !path) {
    console.error("usage: sample.mjs asks|names|more-names|promises|thanks|praise FILE.jsonl.gz");
    process.exit(2);
}
for (const item of choices[what](threads(path))) console.log(JSON.stringify(item));
