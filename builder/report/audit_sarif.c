/* SPDX-License-Identifier: Apache-2.0 */
/* SARIF 2.1.0 (OASIS), as code-scanning pages take it: relative URIs, a region in each location,
 * rules with `security-severity`, fingerprints that a moved layer doesn't change. */
#include "base/json.h"
#include "base/text.h"
#include "report/audit_private.h"

#define SCHEMA      "https://json.schemastore.org/sarif-2.1.0.json"
#define RELATED_MAX 100 /* further paths of a result */

static json_t *message(const char *text)
{
    json_t *o = json_object();

    json_put(o, "text", json_shown(text));
    return o;
}

static const char *level_of(enum severity s)
{
    return s >= SEVERITY_HIGH ? "error" : s == SEVERITY_MEDIUM ? "warning" : "note";
}

static const char *score_of(enum severity s)
{
    static const char *const scores[] = {"0.0", "3.0", "5.5", "8.0", "9.5"};
    return scores[s];
}

static json_t *rule_json(const struct rule *r)
{
    json_t *o = json_object(), *level = json_object(), *properties = json_object();

    json_put(o, "id", text_json(r->id));
    json_put(o, "shortDescription", message(r->title));
    json_put(o, "fullDescription", message(r->why ? r->why : r->title));
    json_put(o, "help", message(rule_mend(r)));
    json_put(level, "level", text_json(level_of(r->severity)));
    json_put(o, "defaultConfiguration", level);
    json_put(properties, "severity", text_json(severity_name(r->severity)));
    json_put(properties, "security-severity", text_json(score_of(r->severity)));
    json_put(properties, "tags", array_json(text_json("security"), NULL));
    json_put(properties, "source", text_json(r->source));
    json_put(o, "properties", properties);
    return o;
}

static json_t *tool_json(void)
{
    json_t *tool = json_object(), *driver = json_object(), *rules = json_array();

    json_put(driver, "name", text_json("mkimage"));
    json_put(driver, "version", text_json(MKIMAGE_VERSION));
    rule_each (r) {
        json_add(rules, rule_json(r));
    }
    json_put(driver, "rules", rules);
    json_put(tool, "driver", driver);
    return tool;
}

static size_t rule_index(const struct rule *wanted)
{
    size_t i = 0;

    rule_each (r) {
        if (r == wanted)
            return i;
        i++;
    }
    return i;
}

/* What is said of the config is located at the document that leads to it. */
static char *config_uri(const struct audited *a)
{
    if (!a->read || sha256_is_zero(&a->read->manifest))
        return xstrdup("manifest.json");
    return xasprintf("blobs/sha256/%s", sha256_hex(&a->read->manifest).s);
}

static json_t *location_json(const struct audited *a, const char *path)
{
    json_t *o = json_object(), *physical = json_object(), *artifact = json_object();
    json_t *region = json_object();
    CLEANUP(free_ptr)
    char *uri = path && *path ? uri_path(path) : path ? xstrdup("./") : config_uri(a);

    json_put(artifact, "uri", text_json(uri));
    json_put(physical, "artifactLocation", artifact);
    json_put(region, "startLine", json_integer(1));
    json_put(physical, "region", region);
    json_put(o, "physicalLocation", physical);
    return o;
}

static json_t *related_json(const struct audited *a, const struct issue *i)
{
    const struct finding *f = i->finding;
    json_t *list = json_array();

    for (size_t k = 0; k < f->more.n && (k < RELATED_MAX || i->severity >= SEVERITY_HIGH); k++)
        json_add(list, location_json(a, f->more.v[k]));
    return list;
}

/* The same finding in tomorrow's image has the same: no digest plays a part. */
static json_t *fingerprint(const struct finding *f)
{
    CLEANUP(buf_release) struct buf b = BUF_INIT(0);
    json_t *o = json_object();
    const char *parts[] = {f->rule->id, f->path, f->package, f->kind};

    for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
        buf_add(&b, parts[i] ? parts[i] : "", parts[i] ? strlen(parts[i]) + 1 : 1);
    struct sha256 sum = sha256_of(b.data, b.len);
    json_put(o, "mkimage/v1", text_json(sha256_hex(&sum).s));
    return o;
}

static json_t *properties_json(const struct issue *i)
{
    json_t *o = json_object();

    json_put(o, "severity", text_json(severity_name(i->severity)));
    if (i->finding->package)
        json_put(o, "package", json_shown(i->finding->package));
    if (i->layer)
        json_put(o, "layer", json_shown(i->layer->name));
    if (i->changed && !i->off)
        json_put(o, "reason", json_shown(i->changed->reason));
    return o;
}

static json_t *suppression(const struct issue *i)
{
    json_t *list = json_array(), *o = json_object();

    if (i->off) {
        json_put(o, "kind", text_json("external"));
        json_put(o, "justification", json_shown(i->changed->reason));
        json_add(list, json_incref(o));
    }
    json_decref(o);
    return list;
}

static json_t *result_json(const struct audited *a, const struct issue *i)
{
    const struct finding *f = i->finding;
    json_t *o = json_object(), *locations = json_array();
    CLEANUP(buf_release) struct buf text = BUF_INIT(0);

    if (f->path) {
        text_addf(&text, "/%s", f->path);
        if (f->more.n)
            buf_addf(&text, " and %zu more", f->more.n);
        buf_addstr(&text, ": ");
    }
    buf_addstr(&text, f->text);
    if (f->package)
        buf_addf(&text, " (package %s)", f->package);
    json_put(o, "ruleId", text_json(f->rule->id));
    json_put(o, "ruleIndex", number_json(rule_index(f->rule)));
    json_put(o, "level", text_json(level_of(i->severity)));
    json_put(o, "message", message(buf_str(&text)));
    json_add(locations, location_json(a, f->path));
    json_put(o, "locations", locations);
    if (f->more.n)
        json_put(o, "relatedLocations", related_json(a, i));
    json_put(o, "partialFingerprints", fingerprint(f));
    json_put(o, "suppressions", suppression(i));
    json_put(o, "properties", properties_json(i));
    return o;
}

static json_t *run_json(const struct audit *audit, const struct audited *a)
{
    json_t *o = json_object(), *results = json_array(), *details = json_object();
    json_t *properties = json_object();
    const char *platform = a->platform ? a->platform : "";
    CLEANUP(free_ptr)
    char *id = xasprintf("mkimage/%s/%s", audit->location, platform);

    for (size_t i = 0; i < a->n_issues; i++)
        json_add(results, result_json(a, &a->issues[i]));
    json_put(o, "tool", tool_json());
    json_put(details, "id", json_shown(id));
    json_put(o, "automationDetails", details);
    json_put(o, "columnKind", text_json("utf16CodeUnits"));
    json_put(o, "results", results);
    json_put(properties, "location", json_shown(audit->location));
    if (a->read) {
        json_put(properties, "digest", text_json(image_digest(a).s));
        json_put(properties, "platform", json_shown(platform));
    }
    json_put(o, "properties", properties);
    return o;
}

void audit_sarif(const struct audit *a, const struct log *log, struct buf *ret)
{
    (void)log;
    json_t *o = json_object(), *runs = json_array();

    for (size_t i = 0; i < a->n; i++)
        json_add(runs, run_json(a, &a->images[i]));
    json_put(o, "$schema", text_json(SCHEMA));
    json_put(o, "version", text_json("2.1.0"));
    json_put(o, "runs", runs);
    add_json(ret, o);
    buf_addch(ret, '\n');
}
