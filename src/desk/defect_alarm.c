#include "desk/defect_alarm.h"

#include <math.h>

#include "base/clock.h"
#include "base/zone.h"

/* ---- the chances ----
 *
 * Single terms by the saddle-point form of C. Loader, "Fast and Accurate Computation of Binomial
 * Probabilities" (2000), which keeps its digits where differences of lgamma would lose them (n above 10^8).
 * Tails are added up from their largest term; what is left after TERMS_MAX of them is bounded from above by a
 * geometric series, so that a chance is never understated. */

enum { TERMS_MAX = 20000 };

/* log(n!) - log(Stirling's formula). */
static double stirling_error(double n) {
    static const double small[] = {0,
                                   0.0810614667953272582196702,
                                   0.0413406959554092940938221,
                                   0.0276779256849983391487893,
                                   0.0207906721037650931275150,
                                   0.0166446911898211921631949,
                                   0.0138761288230707479745940,
                                   0.0118967099458917700950557,
                                   0.0104112652619720964943790,
                                   0.0092554621827127329177287,
                                   0.0083305634333628712765379,
                                   0.0075736754879518407949720,
                                   0.0069428401072095639500400,
                                   0.0064089941880042070684396,
                                   0.0059513701127588477261140,
                                   0.0055547335519628013710387};
    if (n < 16) return small[(int)n];
    double q = n * n;
    return (1.0 / 12 - (1.0 / 360 - (1.0 / 1260 - (1.0 / 1680) / q) / q) / q) / n;
}

/* x log(x / m) + m - x, also where x and m are close. */
static double deviance(double x, double m) {
    if (fabs(x - m) >= 0.1 * (x + m)) return x * log(x / m) + m - x;
    double v = (x - m) / (x + m), s = (x - m) * v, e = 2 * x * v, q = v * v;
    for (int j = 1; j < 1000; j++) {
        e *= q;
        double next = s + e / (2 * j + 1);
        if (next == s) break;
        s = next;
    }
    return s;
}

static double binomial_term(double k, double n, double p) {
    double q = 1 - p;
    if (k == 0) return exp(n * log1p(-p));
    if (k == n) return exp(n * log(p));
    double lc = stirling_error(n) - stirling_error(k) - stirling_error(n - k) - deviance(k, n * p) -
                deviance(n - k, n * q);
    return exp(lc) * sqrt(n / (2 * M_PI * k * (n - k)));
}

static double poisson_term(double k, double mean) {
    if (k == 0) return exp(-mean);
    return exp(-stirling_error(k) - deviance(k, mean)) / sqrt(2 * M_PI * k);
}

static double at_most_one(double x) { return x < 1 ? x : 1; }

static double binomial_tail(double from, double n, double p) {
    if (from <= n * p) return 1; /* about a half or more: never of interest */
    double term = binomial_term(from, n, p), sum = 0, odds = p / (1 - p);
    for (int i = 0; i < TERMS_MAX; i++) {
        double k = from + i, ratio = (n - k) / (k + 1) * odds;
        sum += term;
        if (k >= n || term <= sum * 1e-17) return at_most_one(sum);
        term *= ratio;
    }
    double k = from + TERMS_MAX, ratio = (n - k) / (k + 1) * odds;
    return at_most_one(sum + term / (1 - ratio));
}

double alarm_poisson(int64_t n, double mean) {
    if (n <= 0) return 1;
    if (!(mean > 0)) return 0;
    if ((double)n <= mean) return 1;
    double term = poisson_term((double)n, mean), sum = 0;
    for (int i = 0; i < TERMS_MAX; i++) {
        sum += term;
        if (term <= sum * 1e-17) return at_most_one(sum);
        term *= mean / ((double)n + i + 1);
    }
    return at_most_one(sum + term / (1 - mean / ((double)n + TERMS_MAX + 1)));
}

double alarm_chance(int64_t now, int64_t before, double now_exposure, double before_exposure, double fresh) {
    if (before < 0) before = 0;
    if (now <= 0 || !(now_exposure > 0)) return 1;
    if (!(before_exposure > 0)) return alarm_poisson(now, fresh);
    /* Two very large numbers: halves and quotients, so that nothing overflows. */
    double p = 1 / (1 + before_exposure / now_exposure);
    if (!(p > 0)) return before ? 1 : 0;
    if (p >= 1) return 1;
    return binomial_tail((double)now, (double)now + (double)before, p);
}

double alarm_limit(int64_t defects) {
    return ALARM_A_YEAR / (365.0 * ALARM_WINDOWS * (double)(defects < 1 ? 1 : defects));
}

/* ---- one defect ---- */

static struct alarm_look window(const struct alarm_days *d, int64_t days) {
    int64_t last = d->first + (int64_t)d->n - 1;
    struct alarm_look l = {.days = days, .from_day = last - days + 1, .to_day = last};
    if (l.from_day <= d->settled) l.from_day = d->settled + 1;
    double now = 0, before = 0;
    for (size_t i = 0; i < d->n; i++) {
        int64_t day = d->first + (int64_t)i;
        if (day >= l.from_day) {
            l.now += d->letters[i];
            now += d->exposure[i];
        } else if (day >= d->since && day >= l.to_day - days - ALARM_HISTORY + 1 &&
                   day < l.to_day - days + 1) {
            l.before += d->letters[i];
            l.before_days++;
            before += d->exposure[i];
        }
    }
    double own = (double)(l.to_day - l.from_day + 1);
    double fresh = ALARM_NEW_A_WEEK * (own > 0 ? own : 0) / 7;
    l.fresh = l.before_days < ALARM_HISTORY_LEAST || !(before > 0);
    if (l.fresh) before = 0;
    l.chance = alarm_chance(l.now, l.fresh ? 0 : l.before, now, before, fresh);
    l.expected = l.fresh ? fresh : (double)l.before * (now / before);
    return l;
}

void alarm_look_at(const struct alarm_days *d, struct alarm_look *ret) {
    struct alarm_look week = window(d, ALARM_WEEK), month = window(d, ALARM_MONTH);
    *ret = month.chance < week.chance ? month : week;
}

bool alarm_counts(const struct alarm_look *l) {
    return l->now >= ALARM_LETTERS || l->before >= ALARM_LETTERS - l->now;
}

bool alarm_rings(const struct alarm_look *l, int64_t defects) {
    return l->now >= ALARM_LETTERS && l->chance < alarm_limit(defects);
}

/* ---- units sold ---- */

enum { SOLD_DAYS = 91, CARRIED_MONTHS = 3 };

static int64_t month_number(int64_t month) { return month / 100 * 12 + month % 100 - 1; }

static int64_t month_first_day(int64_t number) { return zone_days(number / 12, (int)(number % 12) + 1, 1); }

/* Units a day in the month with that number; -1: not known. */
static double units_a_day(const struct alarm_month *months, size_t n, int64_t number) {
    size_t at = 0;
    while (at < n && month_number(months[at].month) <= number) at++;
    if (!at) return -1;
    int64_t known = month_number(months[at - 1].month);
    /* Between two months that are known, one that is missing is a hole in the file, not a month to come. */
    if (known != number && (at < n || number - known > CARRIED_MONTHS)) return -1;
    double units = months[at - 1].units > 0 ? (double)months[at - 1].units : 0;
    return units / (double)(month_first_day(number + 1) - month_first_day(number));
}

static int64_t month_of_day(int64_t day) {
    struct local_time t;
    zone_local(NULL, day * DAY_MS, &t);
    return t.year * 12 + t.month - 1;
}

bool alarm_exposure(const struct alarm_month *months, size_t n, int64_t first, size_t days,
                    double *ret_exposure) {
    if (!n || !days) return false;
    int64_t begin = month_number(months[0].month);
    double sum = 0, most = 0;
    /* Twice over the days: what enters the last 91 days is added, what leaves them taken off. A day before
     * the first month that is known sold nothing that we know of. */
    for (int64_t day = first - SOLD_DAYS + 1; day < first + (int64_t)days; day++) {
        int64_t number = month_of_day(day);
        double in = number < begin ? 0 : units_a_day(months, n, number);
        int64_t left = month_of_day(day - SOLD_DAYS);
        double out =
            day - SOLD_DAYS < first - SOLD_DAYS + 1 || left < begin ? 0 : units_a_day(months, n, left);
        if (in < 0 || out < 0) return false;
        sum += in - out;
        if (sum > most) most = sum;
        /* What is left of rounding is nothing. */
        if (day >= first) ret_exposure[day - first] = sum > most * 1e-9 ? sum : 0;
    }
    return ret_exposure[days - 1] > 0;
}
