// The index beside what one would take instead: PostgreSQL's pg_trgm (GIN), SQLite's FTS5 and Xapian, on the
// same sentences and the same questions in one run: near_peers FOLDER PG_URL SENTENCES
//
// Every peer gets each distinct sentence once. A question is a sentence that was said, with one to three words
// changed; peers are asked for the five best rows that hold any of its six rarest words (by the frequency the
// words are drawn with: better than a peer could know), ranked as they rank; pg_trgm a second time the way its
// manual shows, by similarity. An answer counts when one of the five is as like the question, by Jaccard of
// bigrams, as the sentence it was made from. Only questions that are alike enough to be flagged are asked.
// Times are one by one from one client, warm. The slow ones get fewer questions: p99 of 30 or 90 is the longest.
#include <libpq-fe.h>
#include <sqlite3.h>
#include <xapian.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

extern "C" {
#include "near/near.h"
}
#include "near_corpus.h"

namespace {

enum { RARE = 6, BEST = 5, WARM = 5, PER_TEXT = 8 };

struct question {
    corpus_sentence asked;
    double alike;
    uint32_t edits;
};
using answer = std::vector<uint64_t>; // numbers of sentences

struct world {
    std::string folder;
    uint64_t all;
    std::vector<uint32_t> distinct;
    std::vector<question> questions; // 1, 2, 3 edits by turns
};

double now() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

[[noreturn]] void die(const std::string &why) {
    fprintf(stderr, "near_peers: %s\n", why.c_str());
    exit(1);
}

std::string text_of(const corpus_sentence &s) {
    char z[CORPUS_LONGEST * 8];
    return std::string(z, corpus_text(&s, z));
}

std::vector<std::string> rarest_words(const corpus_sentence &s) {
    std::vector<uint32_t> ranks(s.rank, s.rank + s.n);
    std::sort(ranks.begin(), ranks.end(), std::greater<>());
    ranks.erase(std::unique(ranks.begin(), ranks.end()), ranks.end());
    if (ranks.size() > RARE) ranks.resize(RARE);
    std::vector<std::string> words;
    for (uint32_t r : ranks) {
        corpus_sentence one{};
        one.n = 1;
        one.rank[0] = r;
        words.push_back(text_of(one));
    }
    return words;
}

double threshold(uint32_t words) { return words < NEAR_SHORT_WORDS ? NEAR_ALIKE_SHORT : NEAR_ALIKE; }

struct figures {
    double p50 = 0, p99 = 0, recall[4] = {};
    size_t asked = 0;
};

figures measure(const world &w, size_t n, const std::function<answer(const question &)> &ask) {
    figures f;
    std::vector<double> took;
    uint32_t due[4] = {}, found[4] = {};
    n = std::min(n, w.questions.size());
    for (size_t i = 0; i < WARM && i < n; i++) ask(w.questions[n - 1 - i]);
    for (size_t i = 0; i < n; i++) {
        const question &q = w.questions[i];
        double from = now();
        answer got = ask(q);
        took.push_back((now() - from) * 1e3);
        due[q.edits]++;
        for (uint64_t s : got) {
            corpus_sentence said;
            corpus_said(s, w.all, &said);
            if (corpus_alike(&q.asked, &said) < q.alike - 1e-9) continue;
            found[q.edits]++;
            break;
        }
    }
    std::sort(took.begin(), took.end());
    f.p50 = took[n / 2];
    f.p99 = took[std::min(n - 1, n * 99 / 100)];
    for (int e = 1; e <= 3; e++) f.recall[e] = due[e] ? (double)found[e] / due[e] : 0;
    f.asked = n;
    return f;
}

void row(const char *what, const figures &f, const figures &ours, double bytes, double built) {
    printf("| %s | p50 %.2f ms, p99 %.2f ms | %.0f×, %.0f× | %.3f, %.3f, %.3f | %.0f | %.0f s | %zu |\n", what, f.p50,
           f.p99, f.p50 / ours.p50, f.p99 / ours.p99, f.recall[1], f.recall[2], f.recall[3], bytes, built, f.asked);
    fflush(stdout);
}

// ---- ours ----

figures ours_once(const world &w) {
    std::string path = w.folder + "/peers.near";
    near *x;
    bool damaged;
    if (near_open(str_z(path.c_str()), false, &x, &damaged)) die(err_text());
    double from = now();
    near_word words[PER_TEXT][CORPUS_LONGEST];
    near_sentence sentences[PER_TEXT];
    size_t filled = 0;
    for (size_t i = 0; i < w.distinct.size(); i++) {
        corpus_sentence s;
        corpus_said(w.distinct[i], w.all, &s);
        for (uint32_t j = 0; j < s.n; j++) words[filled][j] = corpus_word(s.rank[j]);
        sentences[filled] = {words[filled], s.n};
        if (++filled < PER_TEXT && i + 1 < w.distinct.size()) continue;
        near_text text = {(int64_t)(i / PER_TEXT) + 1, (int64_t)i / 12 + 1, (int64_t)i, sentences, filled};
        if (near_load(x, &text)) die(err_text());
        filled = 0;
    }
    if (near_save(x)) die(err_text());
    double built = now() - from;
    figures f = measure(w, w.questions.size(), [&](const question &q) {
        for (uint32_t j = 0; j < q.asked.n; j++) words[0][j] = corpus_word(q.asked.rank[j]);
        near_sentence sentence = {words[0], q.asked.n};
        near_hit hit;
        near_like(x, &sentence, 0, (float)threshold(q.asked.n), &hit);
        if (hit.alike <= 0) return answer{};
        return answer{w.distinct[(size_t)(hit.text - 1) * PER_TEXT + hit.sentence]};
    });
    near_count c;
    near_counts(x, &c);
    row("this index (the likest)", f, f, (double)c.bytes / (double)w.distinct.size(), built);
    near_close(x);
    return f;
}

// ---- PostgreSQL ----

PGresult *pg(PGconn *c, const char *sql, const char *value = nullptr) {
    PGresult *r = value ? PQexecParams(c, sql, 1, nullptr, &value, nullptr, nullptr, 0) : PQexec(c, sql);
    ExecStatusType s = PQresultStatus(r);
    if (s != PGRES_COMMAND_OK && s != PGRES_TUPLES_OK && s != PGRES_COPY_IN) die(PQerrorMessage(c));
    return r;
}

answer pg_rows(PGresult *r) {
    answer a;
    for (int i = 0; i < PQntuples(r); i++) a.push_back(strtoull(PQgetvalue(r, i, 0), nullptr, 10));
    PQclear(r);
    return a;
}

void postgres(const world &w, const char *url, const figures &ours) {
    PGconn *c = PQconnectdb(url);
    if (PQstatus(c) != CONNECTION_OK) die(PQerrorMessage(c));
    double from = now();
    PQclear(pg(c, "CREATE EXTENSION pg_trgm"));
    PQclear(pg(c, "CREATE UNLOGGED TABLE said (id bigint, words text)"));
    PQclear(pg(c, "COPY said FROM STDIN"));
    for (uint32_t i : w.distinct) {
        corpus_sentence s;
        corpus_said(i, w.all, &s);
        std::string line = std::to_string(i) + "\t" + text_of(s) + "\n";
        PQputCopyData(c, line.data(), (int)line.size());
    }
    PQputCopyEnd(c, nullptr);
    while (PGresult *r = PQgetResult(c)) PQclear(r);
    PQclear(pg(c, "SET maintenance_work_mem = '1GB'"));
    PQclear(pg(c, "SET work_mem = '64MB'"));
    PQclear(pg(c, "CREATE INDEX ON said USING gin (words gin_trgm_ops)"));
    PQclear(pg(c, "VACUUM ANALYZE said"));
    double built = now() - from;
    answer size = pg_rows(pg(c, "SELECT pg_total_relation_size('said')"));
    double bytes = (double)size[0] / (double)w.distinct.size();
    figures rare = measure(w, 90, [&](const question &q) {
        std::string any = "{";
        for (const std::string &word : rarest_words(q.asked)) any += (any.size() > 1 ? ",%" : "%") + word + "%";
        any += "}";
        std::string sql = "SELECT id FROM said WHERE words LIKE ANY ($1::text[]) ORDER BY similarity(words, '" +
                          text_of(q.asked) + "') DESC LIMIT 5";
        return pg_rows(pg(c, sql.c_str(), any.c_str()));
    });
    row("pg_trgm GIN, six rarest words", rare, ours, bytes, built);
    PQclear(pg(c, "SET pg_trgm.similarity_threshold = 0.4"));
    figures alike = measure(w, 30, [&](const question &q) {
        return pg_rows(pg(c, "SELECT id FROM said WHERE words % $1 ORDER BY similarity(words, $1) DESC LIMIT 5",
                          text_of(q.asked).c_str()));
    });
    row("pg_trgm GIN, similarity ≥ 0.4", alike, ours, bytes, built);
    PQfinish(c);
}

// ---- SQLite ----

void sqlite(const world &w, const figures &ours) {
    sqlite3 *db;
    sqlite3_stmt *put, *ask;
    std::string path = w.folder + "/peers.db";
    auto must = [&](int rc) {
        if (rc != SQLITE_OK) die(sqlite3_errmsg(db));
    };
    must(sqlite3_open(path.c_str(), &db));
    double from = now();
    must(sqlite3_exec(db,
                      "PRAGMA journal_mode=off; PRAGMA synchronous=off; PRAGMA cache_size=-500000;"
                      "CREATE VIRTUAL TABLE said USING fts5(words); BEGIN",
                      nullptr, nullptr, nullptr));
    must(sqlite3_prepare_v2(db, "INSERT INTO said (rowid, words) VALUES (?, ?)", -1, &put, nullptr));
    for (uint32_t i : w.distinct) {
        corpus_sentence s;
        corpus_said(i, w.all, &s);
        std::string text = text_of(s);
        sqlite3_bind_int64(put, 1, (int64_t)i + 1);
        sqlite3_bind_text(put, 2, text.data(), (int)text.size(), SQLITE_STATIC);
        if (sqlite3_step(put) != SQLITE_DONE) die(sqlite3_errmsg(db));
        sqlite3_reset(put);
    }
    sqlite3_finalize(put);
    must(sqlite3_exec(db, "COMMIT; INSERT INTO said (said) VALUES ('optimize')", nullptr, nullptr, nullptr));
    double built = now() - from;
    must(sqlite3_prepare_v2(db, "SELECT rowid FROM said WHERE said MATCH ? ORDER BY rank LIMIT 5", -1, &ask, nullptr));
    figures f = measure(w, 300, [&](const question &q) {
        std::string any;
        for (const std::string &word : rarest_words(q.asked)) any += (any.empty() ? "" : " OR ") + word;
        sqlite3_bind_text(ask, 1, any.data(), (int)any.size(), SQLITE_STATIC);
        answer a;
        while (sqlite3_step(ask) == SQLITE_ROW) a.push_back((uint64_t)sqlite3_column_int64(ask, 0) - 1);
        sqlite3_reset(ask);
        return a;
    });
    sqlite3_finalize(ask);
    sqlite3_close(db);
    row("SQLite FTS5, six rarest words", f, ours,
        (double)std::filesystem::file_size(path) / (double)w.distinct.size(), built);
}

// ---- Xapian ----

void xapian(const world &w, const figures &ours) {
    std::string path = w.folder + "/peers.xapian";
    double from = now();
    {
        setenv("XAPIAN_FLUSH_THRESHOLD", "500000", 1);
        Xapian::WritableDatabase db(path, Xapian::DB_CREATE_OR_OVERWRITE | Xapian::DB_NO_SYNC);
        for (uint32_t i : w.distinct) {
            corpus_sentence s;
            corpus_said(i, w.all, &s);
            Xapian::Document d;
            for (uint32_t j = 0; j < s.n; j++) {
                corpus_sentence one{};
                one.n = 1;
                one.rank[0] = s.rank[j];
                d.add_term(text_of(one));
            }
            d.set_data(std::to_string(i));
            db.add_document(d);
        }
        db.commit();
        db.compact(path + ".compact");
    }
    double built = now() - from;
    Xapian::Database db(path + ".compact");
    Xapian::Enquire enquire(db);
    figures f = measure(w, 1500, [&](const question &q) {
        std::vector<std::string> words = rarest_words(q.asked);
        enquire.set_query(Xapian::Query(Xapian::Query::OP_OR, words.begin(), words.end()));
        answer a;
        Xapian::MSet best = enquire.get_mset(0, BEST);
        for (Xapian::MSetIterator i = best.begin(); i != best.end(); ++i)
            a.push_back(strtoull(i.get_document().get_data().c_str(), nullptr, 10));
        return a;
    });
    double bytes = 0;
    for (const auto &file : std::filesystem::directory_iterator(path + ".compact")) bytes += (double)file.file_size();
    row("Xapian, six rarest words", f, ours, bytes / (double)w.distinct.size(), built);
}

} // namespace

int main(int argc, char **argv) {
    if (argc != 4) {
        fprintf(stderr, "use: near_peers FOLDER PG_URL SENTENCES\n");
        return 2;
    }
    world w{argv[1], strtoull(argv[3], nullptr, 10), {}, {}};
    std::unordered_set<uint64_t> met;
    for (uint64_t i = 0; i < w.all; i++) {
        corpus_sentence s;
        corpus_said(i, w.all, &s);
        std::string text = text_of(s);
        if (met.insert(str_hash({text.data(), text.size()})).second) w.distinct.push_back((uint32_t)i);
    }
    for (uint64_t q = 0; w.questions.size() < 6000; q++) {
        question one{};
        one.edits = 1 + w.questions.size() % 3;
        corpus_sentence said;
        corpus_said(corpus_question(q, w.all, one.edits, &one.asked), w.all, &said);
        one.alike = corpus_alike(&one.asked, &said);
        if (one.alike >= threshold(one.asked.n)) w.questions.push_back(one);
    }
    printf("| on %zu distinct sentences of %llu | a question | slower than this index (p50, p99) | found at 1, 2, 3 "
           "words changed | bytes a sentence | built in | questions |\n|---|---|---|---|---|---|---|\n",
           w.distinct.size(), (unsigned long long)w.all);
    figures ours = ours_once(w);
    xapian(w, ours);
    sqlite(w, ours);
    postgres(w, argv[2], ours);
    return 0;
}
