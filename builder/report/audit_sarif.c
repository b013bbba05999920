/* SPDX-License-Identifier: Apache-2.0 */
/* SARIF 2.1.0 (OASIS), as code-scanning pages take it: relative URIs, a region in each location,
 * rules with `security-severity`, fingerprints that a moved layer doesn't change. */
#include "report/audit_private.h"

#define SCHEMA      "https://json.schemastore.org/sarif-2.1.0.json"
#define RELATED_MAX 100 /* further paths of a result */

static void set(json_t *object, const char *key, json_t *value)
{
    if (json_object_set_new(object, key, value) < 0)
        abort(); /* no memory: mem.h */
}

static void append(json_t *array, json_t *value)
{
    if (json_array_append_new(array, value) < 0)
        abort();
}

static json_t *message(const char *text)
{
    json_t *o = json_object();

    set(o, "text", json_shown(text));
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

    set(o, "id", json_string(r->id));
    set(o, "shortDescription", message(r->title));
    set(o, "fullDescription", message(r->why ? r->why : r->title));
    set(o, "help", message(r->advice));
    set(level, "level", json_string(level_of(r->severity)));
    set(o, "defaultConfiguration", level);
    set(properties, "severity", json_string(severity_name(r->severity)));
    set(properties, "security-severity", json_string(score_of(r->severity)));
    set(properties, "tags", json_pack("[s]", "security"));
    set(properties, "source", json_string(r->source));
    set(o, "properties", properties);
    return o;
}

static json_t *tool_json(void)
{
    json_t *tool = json_object(), *driver = json_object(), *rules = json_array();

    set(driver, "name", json_string("mkimage"));
    set(driver, "version", json_string(MKIMAGE_VERSION));
    rule_each (r) {
        append(rules, rule_json(r));
    }
    set(driver, "rules", rules);
    set(tool, "driver", driver);
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

    set(artifact, "uri", json_string(uri));
    set(physical, "artifactLocation", artifact);
    set(region, "startLine", json_integer(1));
    set(physical, "region", region);
    set(o, "physicalLocation", physical);
    return o;
}

static json_t *related_json(const struct audited *a, const struct finding *f)
{
    json_t *list = json_array();

    for (size_t i = 0; i < f->more.n && i < RELATED_MAX; i++)
        append(list, location_json(a, f->more.v[i]));
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
    set(o, "mkimage/v1", json_string(sha256_hex(&sum).s));
    return o;
}

static json_t *properties_json(const struct issue *i)
{
    json_t *o = json_object();

    set(o, "severity", json_string(severity_name(i->severity)));
    if (i->finding->package)
        set(o, "package", json_shown(i->finding->package));
    if (i->layer)
        set(o, "layer", json_shown(i->layer->name));
    if (i->changed && !i->off)
        set(o, "reason", json_shown(i->changed->reason));
    return o;
}

static json_t *suppression(const struct issue *i)
{
    json_t *list = json_array(), *o = json_object();

    if (i->off) {
        set(o, "kind", json_string("external"));
        set(o, "justification", json_shown(i->changed->reason));
        append(list, json_incref(o));
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
        CLEANUP(free_ptr) char *shown = text_escape(f->path, strlen(f->path));
        buf_addf(&text, "/%s", shown);
        if (f->more.n)
            buf_addf(&text, " and %zu more", f->more.n);
        buf_addstr(&text, ": ");
    }
    buf_addstr(&text, f->text);
    if (f->package)
        buf_addf(&text, " (package %s)", f->package);
    set(o, "ruleId", json_string(f->rule->id));
    set(o, "ruleIndex", json_integer((json_int_t)rule_index(f->rule)));
    set(o, "level", json_string(level_of(i->severity)));
    set(o, "message", message(buf_str(&text)));
    append(locations, location_json(a, f->path));
    set(o, "locations", locations);
    if (f->more.n)
        set(o, "relatedLocations", related_json(a, f));
    set(o, "partialFingerprints", fingerprint(f));
    set(o, "suppressions", suppression(i));
    set(o, "properties", properties_json(i));
    return o;
}

static json_t *run_json(const struct audit *audit, const struct audited *a)
{
    json_t *o = json_object(), *results = json_array(), *details = json_object();
    json_t *properties = json_object();
    CLEANUP(free_ptr) char *platform = audit_platform(a);
    CLEANUP(free_ptr)
    char *id = xasprintf("mkimage/%s/%s", audit->location, platform);

    for (size_t i = 0; i < a->n_issues; i++)
        append(results, result_json(a, &a->issues[i]));
    set(o, "tool", tool_json());
    set(details, "id", json_shown(id));
    set(o, "automationDetails", details);
    set(o, "columnKind", json_string("utf16CodeUnits"));
    set(o, "results", results);
    set(properties, "location", json_shown(audit->location));
    if (a->read) {
        set(properties, "digest", json_string(image_digest(a).s));
        set(properties, "platform", json_string(platform));
    }
    set(o, "properties", properties);
    return o;
}

void audit_sarif(const struct audit *a, struct buf *ret)
{
    json_t *o = json_object(), *runs = json_array();

    for (size_t i = 0; i < a->n; i++)
        append(runs, run_json(a, &a->images[i]));
    set(o, "$schema", json_string(SCHEMA));
    set(o, "version", json_string("2.1.0"));
    set(o, "runs", runs);
    add_json(ret, o);
    buf_addch(ret, '\n');
}
