// What a power cut leaves of a folder, made from the record of power.so. The model:
// - A file's bytes are certain as they were at its last sync. Of every write since then each sector of 512 bytes, or
//   each page of 4096, is there or not, by chance of the cut: none, all, the first so many, or any. A sector is
//   whole. Where a file was made longer and its bytes are not there, zeros or old rubbish stand instead.
// - Names (made, renamed, removed) are certain when their folder was synced after them. Of the others none, all,
//   the first so many, or any are there; a rename is there as a whole or not at all.
// - A file that was synced but whose name was not is gone. SQLite's -shm file is gone or holds rubbish.
import fs from "node:fs";
import path from "node:path";

const acts = { MADE: 1, WROTE: 2, CUT: 3, SYNCED: 4, RENAMED: 5, REMOVED: 6, FOLDER_MADE: 7, FOLDER_SYNCED: 8, LINKED: 9 };
const text = (b) => b.toString("utf8");
const pick = (list) => list[Math.floor(Math.random() * list.length)];

class File {
  constructor(bytes) {
    this.sure = bytes; // as of the last sync; the first `size` bytes count
    this.size = bytes.length;
    this.since = [];   // {at, bytes} or {cut}
  }

  #room(size) {
    if (size <= this.sure.length) return;
    const more = Buffer.alloc(Math.max(size, this.sure.length * 2));
    this.sure.copy(more, 0, 0, this.size);
    this.sure = more;
  }

  sync() {
    for (const step of this.since) {
      const end = step.cut ?? step.at + step.bytes.length;
      this.#room(end);
      if (end > this.size) this.sure.fill(0, this.size, end);
      step.bytes?.copy(this.sure, step.at);
      this.size = step.cut ?? Math.max(this.size, end);
    }
    this.since = [];
  }

  /** After a cut. */
  left(how) {
    let b = Buffer.from(this.sure.subarray(0, this.size));
    const upTo = how.mode === "first" ? Math.floor(Math.random() * (this.since.length + 1)) : Infinity;
    this.since.forEach((step, i) => {
      if (how.mode === "none" || i >= upTo) return;
      if (step.cut !== undefined) {
        if (how.mode === "any" && Math.random() < 0.5) return;
        const next = Buffer.alloc(step.cut);
        b.copy(next);
        b = next;
        return;
      }
      for (let from = 0; from < step.bytes.length;) {
        const at = step.at + from, to = Math.min(step.bytes.length, from + how.unit - (at % how.unit));
        const there = how.mode !== "any" || Math.random() < 0.5;
        const end = step.at + to;
        if (end > b.length && (there || Math.random() < 0.5)) {
          const next = Buffer.alloc(end, how.rubbish ? 0xa5 : 0);
          b.copy(next);
          b = next;
        }
        if (there) step.bytes.copy(b, at, from, to);
        from = to;
      }
    });
    return b;
  }
}

/** The folder as it stands when the process starts; all of it is taken to be on the disk. */
export class Disk {
  constructor(folder) {
    this.folder = folder;
    this.sure = new Map();     // path -> File, or null for a folder
    this.names = [];           // changes of names since: {folders, apply}
    this.current = new Map();  // path -> File or null, as the process sees it
    this.inodes = new Map();
    const walk = (dir) => {
      for (const e of fs.readdirSync(dir, { withFileTypes: true })) {
        const p = path.join(dir, e.name);
        if (e.isDirectory()) {
          this.sure.set(p, null);
          walk(p);
        } else if (e.isFile() && !p.endsWith("-shm")) {
          const f = new File(fs.readFileSync(p));
          this.sure.set(p, f);
          this.inodes.set(fs.statSync(p).ino, f);
        }
      }
    };
    walk(folder);
    this.current = new Map(this.sure);
  }

  #rename(folders, apply) {
    apply(this.current);
    this.names.push({ folders, apply });
  }

  #move(from, to, keep) {
    const f = this.current.get(from);
    if (f === undefined) return; // a socket
    this.#rename([path.dirname(from), path.dirname(to)], (map) => {
      if (!keep) map.delete(from);
      map.set(to, f);
    });
  }

  /** Go through the record up to its end, which may be in the middle of a step. */
  replay(record) {
    const b = fs.readFileSync(record);
    let steps = 0;
    for (let at = 0; at + 24 <= b.length;) {
      const act = b.readUInt32LE(at), n = b.readUInt32LE(at + 4), ino = Number(b.readBigUInt64LE(at + 8)),
        where = Number(b.readBigUInt64LE(at + 16)), named = act === acts.MADE || act >= acts.RENAMED;
      if (at + 24 + n > b.length) break;
      const rest = b.subarray(at + 24, at + 24 + n), names = named ? text(rest).split("\0") : [];
      at += 24 + n;
      steps++;
      switch (act) {
        case acts.MADE: {
          const f = new File(Buffer.alloc(0));
          this.inodes.set(ino, f);
          const [p] = names;
          this.#rename([path.dirname(p)], (map) => map.set(p, f));
          break;
        }
        case acts.WROTE: this.inodes.get(ino)?.since.push({ at: where, bytes: rest }); break;
        case acts.CUT: this.inodes.get(ino)?.since.push({ cut: where }); break;
        case acts.SYNCED: this.inodes.get(ino)?.sync(); break;
        case acts.RENAMED: this.#move(names[0], names[1], false); break;
        case acts.LINKED: this.#move(names[0], names[1], true); break;
        case acts.REMOVED: this.#rename([path.dirname(names[0])], (map) => map.delete(names[0])); break;
        case acts.FOLDER_MADE: this.#rename([path.dirname(names[0])], (map) => map.set(names[0], null)); break;
        case acts.FOLDER_SYNCED: {
          const [folder] = names;
          for (const step of this.names.filter((s) => s.folders.includes(folder))) step.apply(this.sure);
          this.names = this.names.filter((s) => !s.folders.includes(folder));
          break;
        }
        default: throw new Error(`a step of the record that is none: ${act}`);
      }
    }
    return steps;
  }

  /** Make the folder as the cut left it; says how. `how`: to choose the chance. */
  cut(how = {}) {
    const chance = { mode: pick(["none", "all", "first", "any"]), names: pick(["none", "all", "first", "any"]),
      unit: pick([512, 4096]), rubbish: Math.random() < 0.5, shm: Math.random() < 0.5, ...how };
    const map = new Map(this.sure);
    const upTo = chance.names === "first" ? Math.floor(Math.random() * (this.names.length + 1)) : Infinity;
    this.names.forEach((step, i) => {
      if (chance.names === "none" || i >= upTo || (chance.names === "any" && Math.random() < 0.5)) return;
      step.apply(map);
    });
    const unsure = [...this.inodes.values()].reduce((n, f) => n + f.since.length, 0) + this.names.length;
    fs.rmSync(this.folder, { recursive: true });
    fs.mkdirSync(this.folder, { mode: 0o750 });
    const paths = [...map.keys()].sort();
    for (const p of paths) {
      if (p !== this.folder && path.dirname(p) !== this.folder && map.get(path.dirname(p)) !== null) continue; // its folder is gone
      if (!fs.existsSync(path.dirname(p))) continue;
      if (map.get(p) === null) fs.mkdirSync(p, { mode: 0o750 });
      else fs.writeFileSync(p, map.get(p).left(chance), { mode: 0o600 });
    }
    const db = path.join(this.folder, "desk.db");
    if (chance.shm && fs.existsSync(db)) fs.writeFileSync(`${db}-shm`, Buffer.alloc(32768, 0xa5));
    return { ...chance, unsure };
  }
}
