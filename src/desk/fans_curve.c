#include "desk/fans_curve.h"

#include <math.h>

/* 0.975 quantile of the normal distribution. */
static const double z95 = 1.959963984540054;

void curve_add(struct curve_count *c, int64_t days, bool gone) {
    if (days < 0) return;
    if (days >= CURVE_DAYS) {
        days = CURVE_DAYS - 1;
        gone = false;
    }
    (gone ? c->gone : c->lost)[days]++;
}

int64_t curve_people(const struct curve_count *c) {
    int64_t n = 0;
    for (int i = 0; i < CURVE_DAYS; i++) n += c->gone[i] + c->lost[i];
    return n;
}

void curve_steps(arena *a, const struct curve_count *c, curve_step_list *ret) {
    curve_step_list steps = {0};
    int64_t watched = curve_people(c);
    for (int day = 0; day < CURVE_DAYS && watched; day++) {
        int64_t left = watched - c->gone[day] - c->lost[day];
        if (!day || c->gone[day] || day == CURVE_YEAR || !left)
            *list_add(a, &steps) = (struct curve_step){day, watched, c->gone[day]};
        watched = left;
    }
    *ret = steps;
}

int64_t curve_last_day(const curve_step_list *steps) { return steps->n ? steps->v[steps->n - 1].day : -1; }

struct curve_point curve_at(const curve_step_list *steps, int64_t day) {
    struct curve_point p = {.stay = 1, .low = 1, .high = 1};
    double sum = 0;
    for (size_t i = 0; i < steps->n; i++) {
        const struct curve_step *s = &steps->v[i];
        if (s->day >= day && !p.at_risk) p.at_risk = s->at_risk;
        if (s->day > day) break;
        if (!s->gone) continue;
        p.gone += s->gone;
        p.stay *= 1 - (double)s->gone / (double)s->at_risk;
        if (s->at_risk > s->gone)
            sum += (double)s->gone / ((double)s->at_risk * (double)(s->at_risk - s->gone));
    }
    if (p.stay >= 1) return p;
    if (p.stay <= 0) {
        p.stay = p.low = p.high = 0;
        return p;
    }
    double width = z95 * sqrt(sum) / log(p.stay); /* below 0 */
    p.low = pow(p.stay, exp(-width));
    p.high = pow(p.stay, exp(width));
    return p;
}
