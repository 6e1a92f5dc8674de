/* How often a quiet brand gets a false alarm, and how soon a surge gets one. defect_bench [PART_YEARS]
 * simulates so many years of a defect with letters that come by chance alone (10,000), a hundred defects to a
 * brand, with rates from one letter in ten weeks to one a day, looked at every day as the desk does; then the
 * same with a surge. Prints rows of a table. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "desk/defect_alarm.h"

enum { DEFECTS = 100, SPAN = ALARM_MONTH + ALARM_HISTORY, DAYS = SPAN + 365 };

static uint64_t seed = 88172645463325252u;

static double chance(void) {
    seed ^= seed >> 12;
    seed ^= seed << 25;
    seed ^= seed >> 27;
    return (double)((seed * 2685821657736338717u) >> 11) / 9007199254740992.0;
}

static int poisson(double mean) {
    double l = exp(-mean), p = chance();
    int k = 0;
    for (; p > l; k++) p *= chance();
    return k;
}

static int64_t letters[DEFECTS][DAYS];
static double exposure[DAYS];

static struct alarm_look look(int defect, int today) {
    struct alarm_look l;
    struct alarm_days d = {
        letters[defect] + today - SPAN + 1, exposure + today - SPAN + 1, SPAN, today - SPAN + 1, 0, -1};
    alarm_look_at(&d, &l);
    return l;
}

/* One brand's year: how many alarms there are, each defect once. */
static int year_of_brand(void) {
    static bool rang[DEFECTS];
    int alarms = 0;
    memset(rang, 0, sizeof rang);
    for (int k = 0; k < DEFECTS; k++) {
        double a_day = exp(log(1.0 / 70) + (log(1.0) - log(1.0 / 70)) * k / (DEFECTS - 1));
        for (int i = 0; i < DAYS; i++) letters[k][i] = poisson(a_day);
    }
    for (int today = SPAN; today < DAYS; today++) {
        struct alarm_look l[DEFECTS];
        int64_t counting = 0;
        for (int k = 0; k < DEFECTS; k++) {
            l[k] = look(k, today);
            counting += alarm_counts(&l[k]);
        }
        for (int k = 0; k < DEFECTS; k++) {
            if (rang[k] || !alarm_rings(&l[k], counting)) continue;
            rang[k] = true;
            alarms++;
        }
    }
    return alarms;
}

/* Thirty letters in a week, a few every day, over what came by chance: after how many was the alarm? */
static int letters_until_alarm(int defect) {
    int added = 0;
    for (int i = 0; i < 30; i++) {
        int today = DAYS - 7 + i * 7 / 30;
        letters[defect][today]++;
        added++;
        struct alarm_look l = look(defect, today);
        if (alarm_rings(&l, DEFECTS)) return added;
    }
    return 0;
}

int main(int argc, char **argv) {
    char *end;
    long years = argc > 1 ? strtol(argv[1], &end, 10) : 10000;
    int brands = (int)(years / DEFECTS), alarms = 0, most = 0, missed = 0;
    if (brands < 1) {
        fprintf(stderr, "defect_bench [PART_YEARS], at least %d\n", DEFECTS);
        return 2;
    }
    for (int i = 0; i < DAYS; i++) exposure[i] = 1;
    for (int b = 0; b < brands; b++) {
        alarms += year_of_brand();
        for (int k = 0; k < DEFECTS; k++) {
            int n = letters_until_alarm(k);
            missed += n == 0;
            if (n > most) most = n;
        }
    }
    printf(
        "| false alarms of a brand in a year, %d quiet years of %d defects | < %.1f | %.3f (%d in all) |\n",
        brands, DEFECTS, ALARM_A_YEAR, (double)alarms / brands, alarms);
    printf("| weeks of thirty letters that raise none, of %d | 0 | %d; at the latest after %d letters |\n",
           brands * DEFECTS, missed, most);
    return alarms < brands * ALARM_A_YEAR * 2 + 3 && !missed ? 0 : 1;
}
