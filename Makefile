# Longhand: the whole build. MODE is release, asan or fuzz; everything lands in build/MODE.
MODE ?= release
.DEFAULT_GOAL := all
B := build/$(MODE)
G := build/gen
T := build/tools

PKGS := libmicrohttpd libpq gmime-3.0 gnutls libcurl gumbo jansson libsodium libarchive pangocairo pangoft2 fontconfig cairo libqrencode libjpeg libpng libwebp
# gcc cannot see that ret_x is filled whenever a call returns ERR_NONE, hence no maybe-uninitialized.
WARN := -Wno-unknown-warning-option -Wno-maybe-uninitialized -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla
BASE := -std=gnu17 -D_GNU_SOURCE -g -pthread -Isrc -I$(G) -Inode_modules/better-sqlite3/deps/sqlite3 -MMD -MP
BASE += -DLONGHAND_VERSION=\"0.1.0\"
BASE += $(shell pkg-config --cflags $(PKGS) 2>/dev/null)
LIBS := $(shell pkg-config --libs $(PKGS) 2>/dev/null) -lunistring -lstemmer -lxxhash -lm

FLAGS_release := -O2 -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fPIE -pie -Wl,-z,relro,-z,now
# Lines without variables: a third less to compile, and what a sanitizer prints is the same.
FLAGS_asan := -O1 -g1 -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
# Pages and tables that our own tools write: long, plain code.
GEN_asan := -O0
FLAGS_tsan := -O1 -fsanitize=thread
FLAGS_fuzz := -O1 -fno-omit-frame-pointer -fsanitize=address,undefined,fuzzer-no-link -fno-sanitize-recover=all
CC_fuzz := clang-14
CC := $(or $(CC_$(MODE)),gcc)
CFLAGS := $(BASE) $(WARN) $(FLAGS_$(MODE))

SQLITE := node_modules/better-sqlite3/deps/sqlite3/sqlite3.c
# Under test no sanitizer looks into it and nobody's speed hangs on it: half of what it takes to compile.
SQLITE_OPT_asan := -O1
SQLITE_FLAGS := $(or $(SQLITE_OPT_$(MODE)),-O2 -g) -pthread -DSQLITE_THREADSAFE=2 \
  -DSQLITE_ENABLE_FTS5 -DSQLITE_DQS=0 -DSQLITE_DEFAULT_MEMSTATUS=0 \
  -DSQLITE_OMIT_DEPRECATED -DSQLITE_OMIT_LOAD_EXTENSION -DSQLITE_OMIT_SHARED_CACHE -DSQLITE_LIKE_DOESNT_MATCH_BLOBS \
  -DSQLITE_MAX_EXPR_DEPTH=0 -DSQLITE_DEFAULT_WAL_SYNCHRONOUS=2 -DHAVE_FDATASYNC=1 -DSQLITE_DEFAULT_FILE_PERMISSIONS=0600 \
  -DSQLITE_DEFAULT_FOREIGN_KEYS=1 -DSQLITE_MAX_MMAP_SIZE=0 -DSQLITE_TRUSTED_SCHEMA=0 -DSQLITE_USE_URI=0

SRC := $(filter-out src/main.c,$(wildcard src/*/*.c))
TMPL := $(wildcard src/web/*.tmpl)
GEN_TMPL := $(TMPL:src/web/%.tmpl=$(G)/%.tmpl.c)
GEN := $(GEN_TMPL) $(G)/assets.c $(G)/lang_tables.c
# SQLite first: it takes as long as forty others, and begun last it leaves the other core idle.
OBJ := $(B)/sqlite3.o $(SRC:%.c=$(B)/%.o) $(GEN:$(G)/%.c=$(B)/gen/%.o)
LIB := $(B)/liblonghand.a
BIN := $(B)/longhand

# One short line a step; make V=1 shows the whole command.
say = $(if $(V),,@printf '  %s\n' '$@';)

# Texts for people: collect them and bring the translations up to date.
.PHONY: texts
texts: $(T)/poc
	$(T)/poc --extract po/longhand.pot $(wildcard src/desk/*.[ch] src/letter/*.[ch] src/web/*.[ch] src/web/*.tmpl)
	$(T)/poc --merge po/longhand.pot $(wildcard po/*.po)

.PHONY: all run test check fault fuzz bench eval clean packages unit story
all: $(if $(filter command,$(origin MODE)),,packages)
	@$(MAKE) --no-print-directory $(BIN)

packages:
	@tools/install-packages build
	@tools/install-npm

run: all
	@build/release/longhand demo --data data

test:
	@tools/install-packages build test
	@tools/install-npm
	@test/run

check: ; @tools/checks
fault: all ; @test/fault/run
fuzz: ; @test/fuzz/run
bench: all ; @bench/run
eval: all ; @test/eval/run
.PHONY: test-bluesky
test-bluesky: ; @test/bluesky/run
clean: ; rm -rf build

# Every header that generated files bring must exist before the first object is compiled.
$(OBJ) $(B)/src/main.o: | $(GEN)
$(G)/%.tmpl.c: src/web/%.tmpl $(T)/tmplc
	@mkdir -p $(G)
	$(say)$(T)/tmplc $< $@ $(G)/$*.tmpl.h
# Charts: uPlot as it is, so that its licence stays on top of it.
UPLOT := assets/uplot.js=node_modules/uplot/dist/uPlot.esm.js assets/uplot.css=node_modules/uplot/dist/uPlot.min.css
$(G)/assets.c: $(T)/embed $(wildcard assets/* schema/* demo/*)
	@mkdir -p $(G)
	$(say)$(T)/embed $@ $(G)/assets.h assets schema demo $(UPLOT)
$(G)/lang_tables.c: $(T)/poc $(wildcard po/*.po)
	@mkdir -p $(G)
	$(say)$(T)/poc $@ $(wildcard po/*.po)
$(T)/tmplc: tools/tmplc_markup.h
$(T)/poc: src/base/lang.h
$(T)/%: tools/%.c src/base/arena.c src/base/memory.c src/base/clock.c src/base/str.c src/base/buf.c src/base/err.c
	@mkdir -p $(T)
	$(say)gcc -std=gnu17 -D_GNU_SOURCE -g -O1 $(WARN) -Isrc -o $@ $(filter %.c,$^) -lunistring -lxxhash

$(B)/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(say)$(CC) $(CFLAGS) -c -o $@ $<
$(B)/gen/%.o: $(G)/%.c Makefile
	@mkdir -p $(@D)
	$(say)$(CC) $(CFLAGS) $(GEN_$(MODE)) -c -o $@ $<
$(B)/sqlite3.o: $(SQLITE) Makefile
	@mkdir -p $(@D)
	$(say)gcc $(SQLITE_FLAGS) -c -o $@ $<
$(LIB): $(OBJ)
	@rm -f $@
	$(say)ar qcs $@ $(OBJ)
$(BIN): $(B)/src/main.o $(LIB)
	$(say)$(CC) $(CFLAGS) -o $@ $^ $(LIBS)

# Tests: one program a module; each run is a target, so that only what changed runs again. What is tested lies in the
# library; the tests themselves are not optimised, which takes longer than running them, and lld links them in less time.
TEST_asan := -O0 -fuse-ld=lld
UNIT := $(wildcard test/unit/*_test.c)
$(B)/test/unit/%: test/unit/%.c $(LIB)
	@mkdir -p $(@D)
	$(say)$(CC) $(CFLAGS) $(TEST_$(MODE)) -Itest -o $@ $< $(LIB) $(LIBS) -lcmocka
unit: $(UNIT:%.c=$(B)/%)

# Fuzzers: with libFuzzer in MODE=fuzz; in other modes the same file replays its corpus.
ifeq ($(MODE),fuzz)
$(B)/test/fuzz/%: test/fuzz/%.c $(LIB)
	@mkdir -p $(@D)
	$(say)$(CC) $(CFLAGS) -Wno-missing-prototypes -fsanitize=fuzzer -o $@ $< $(LIB) $(LIBS)
else
$(B)/test/fuzz/%: test/fuzz/%.c test/fuzz/replay.c $(LIB)
	@mkdir -p $(@D)
	$(say)$(CC) $(CFLAGS) $(TEST_$(MODE)) -Wno-missing-prototypes -o $@ $< test/fuzz/replay.c $(LIB) $(LIBS)
endif
fuzzers: $(patsubst %.c,$(B)/%,$(wildcard test/fuzz/*_fuzz.c))
$(B)/bench/%: bench/%.c $(LIB)
	@mkdir -p $(@D)
	$(say)$(CC) $(CFLAGS) -o $@ $< $(LIB) $(LIBS)
# Tools that stand on the library: the trainer of the model of feelings.
$(B)/tools/%: tools/%.c $(LIB)
	@mkdir -p $(@D)
	$(say)$(CC) $(CFLAGS) -o $@ $< $(LIB) $(LIBS)
$(B)/test/%: test/%.c $(LIB)
	@mkdir -p $(@D)
	$(say)$(CC) $(CFLAGS) -o $@ $< $(LIB) $(LIBS)

-include $(wildcard $(G)/*.d)
-include $(shell find $(B) -name '*.d' 2>/dev/null)
