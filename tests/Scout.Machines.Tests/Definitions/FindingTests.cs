using Scout.Machines.Definitions;

namespace Scout.Machines.Tests.Definitions;

/// <summary>Every kind of error: where, what and how to mend it.</summary>
public sealed class FindingTests
{
    [Fact]
    public void A_finding_is_one_line_and_an_indented_hint()
    {
        DefinitionFile file = Reading.Read("""
            # a comment

            checks:
              - name: disk_root
                plugin: check_disk
                interval: 1m
                atempts: 3
            """);

        Assert.Equal("machines/disk.yaml:7:5: error unknown_key: 'atempts' is not a key of a check\n    hint: did you mean 'attempts'?", Assert.Single(file.Findings).ToString());
        Assert.Empty(file.Machines);
    }

    [Fact]
    public void Files_that_cannot_be_read_or_are_not_safe_have_findings_of_the_same_form()
    {
        Assert.Equal("a.yaml:1:1: error unreadable: the file cannot be read\n    hint: Permission denied", Finding.Unreadable("a.yaml", "Permission denied").ToString());
        Assert.Equal("m/a.yaml:1:1: error unsafe_permissions: 'm' is writable by others\n    hint: chmod o-w m", Finding.UnsafePermissions("m/a.yaml", "m").ToString());
    }

    [Theory]
    [InlineData("zone.tab")]
    [InlineData("leapseconds")]
    [InlineData("Europe")]
    [InlineData("posixrules/..")]
    [InlineData("/etc/passwd")]
    [InlineData("europe/paris ")]
    public void What_lies_in_the_tz_database_and_is_no_zone_is_no_accident(string zone) =>
        Says(Reading.Check($"maintenance_windows: [{{ start: \"02:00\", duration: 1h, timezone: \"{zone}\" }}]"), 4, 69, "bad_timezone", "is not in the tz database", "IANA");

    [Fact]
    public void Keys_that_are_not_built_are_known_and_not_advertised()
    {
        Finding finding = Assert.Single(Reading.Read(Reading.Check("completely_else: 1")).Findings);

        Assert.Contains("plugin, builtin, tcp, user, timeout", finding.Hint, StringComparison.Ordinal);
        Assert.DoesNotContain("traffic", finding.Hint, StringComparison.Ordinal);
    }

    [Theory]
    // YAML itself.
    [InlineData("checks: [\n", 2, 1, "yaml_syntax", "a value is missing here", "close a '['")]
    [InlineData("checks: [a\n", 2, 1, "yaml_syntax", "'[' before this place is not closed", "']'")]
    [InlineData("checks:\n- { name: a\n", 3, 1, "yaml_syntax", "'{' before this place is not closed", "'}'")]
    [InlineData("a: b: c", 1, 5, "yaml_syntax", "a colon where no key can be", "quotes")]
    [InlineData("checks:\n  - name:a\n    plugin: x", 3, 11, "yaml_syntax", "a colon where no key can be", "a blank is missing after the colon of the line above")]
    [InlineData("checks:\n\t- name: a", 2, 1, "yaml_syntax", "a tab in the indentation", "blanks")]
    [InlineData("checks:\n  - name: a\n   plugin: x", 3, 4, "yaml_syntax", "the indentation fits none of the lines above", "one column")]
    [InlineData("checks:\n  - name: a\n    plugin x", 3, 5, "yaml_syntax", "here should be a key", "key: value")]
    [InlineData("checks:\n  - name: \"a\n    plugin: x", 2, 11, "yaml_syntax", "a quote that is not closed", "close it")]
    [InlineData("checks:\n  - name: a\n    plugin: @x", 3, 13, "yaml_syntax", "a text cannot begin with '@'", "quotes")]
    [InlineData("checks:\n  - name: a\n    plugin: `x`", 3, 13, "yaml_syntax", "a text cannot begin with '`'", "quotes")]
    [InlineData("checks:\n  - name: a\n    plugin: \"a\\q\"", 3, 13, "yaml_syntax", "an escape that YAML does not know", "single quotes")]
    [InlineData("checks:\n  - name: a\n    plugin: {{ o `x` }}", 3, 14, "yaml_syntax", "a key is a mapping", "'{{' needs quotes")]
    [InlineData("checks: &a [*a]", 1, 13, "yaml_syntax", "the alias 'a' has no anchor before it", "&name")]
    [InlineData("checks: !!python/name:os.system []", 1, 9, "yaml_syntax", "the tag", "leave the tag out")]
    [InlineData("checks: []\n---\nchecks: []", 2, 1, "yaml_syntax", "a second document", "one document")]
    [InlineData("[a]: b", 1, 1, "yaml_syntax", "a key is a list", "keys are texts")]
    [InlineData("name: a\u0007b", 1, 8, "yaml_syntax", "control character U+0007", "escape")]
    [InlineData("<<: 1\nname: x", 1, 1, "yaml_syntax", "'<<' merges mappings", "<<: *name")]
    [InlineData("", 1, 1, "empty_definition", "nothing in the file", "checks:")]
    [InlineData("# only words\n", 1, 1, "empty_definition", "nothing in the file", "checks:")]
    [InlineData("{}", 1, 1, "empty_definition", "nothing in the file", "checks:")]
    [InlineData("checks:", 1, 1, "empty_definition", "'checks' is empty", "check_load")]
    [InlineData("checks: []", 1, 9, "empty_definition", "'checks' is empty", "check_load")]
    [InlineData("- name: a", 1, 1, "wrong_type", "the file is a list, wanted is a mapping", "checks:")]
    [InlineData("checks: disk", 1, 9, "wrong_type", "'checks' is a text, wanted is a list", "[{ name: load")]
    [InlineData("checks: [disk]", 1, 10, "wrong_type", "an entry of 'checks' is a text, wanted is a mapping", "- {")]
    [InlineData("name: a\nchecks:\n  - { name: b, plugin: x }", 1, 1, "mixed_forms", "'name' beside 'checks'", "a key of a machine")]
    [InlineData("owner: me\nchecks:\n  - { name: b, plugin: x }", 1, 1, "unknown_key", "'owner' is not a key beside 'checks'", "only key")]
    public void A_file_that_is_no_definition(string yaml, int line, int column, string kind, string message, string hint) =>
        Says(yaml, line, column, kind, message, hint);

    [Theory]
    [InlineData("checks:\n  - plugin: check_disk", 2, 5, "missing_key", "a check needs 'name'", "add 'name: disk_root'")]
    [InlineData("checks:\n  - name: disk", 2, 5, "missing_key", "a check needs something to look at", "builtin: heartbeat")]
    [InlineData("checks:\n  - { name: a b, plugin: x }", 2, 13, "bad_name", "'a b' is no name", "1 to 63")]
    [InlineData("checks:\n  - { name: [a], plugin: x }", 2, 13, "wrong_type", "'name' is a list, wanted is a name", "disk_root")]
    [InlineData("checks:\n  - { name: a, plugin: x }\n  - { name: a, plugin: y }", 3, 13, "duplicate_name", "the check 'a' a second time", "2:13")]
    [InlineData("checks:\n  - { name: a, plugin: x }\n  - { name: A, plugin: y }", 3, 13, "duplicate_name", "'A' differs from 'a' in case alone", "2:13")]
    [InlineData("checks:\n  - { name: a, plugin: x, builtin: heartbeat }", 2, 27, "conflict", "'builtin' beside 'plugin'", "two checks")]
    [InlineData("checks:\n  - { name: a, builtin: hartbeat }", 2, 25, "bad_value", "'builtin' is 'hartbeat'", "did you mean 'heartbeat'?")]
    [InlineData("checks:\n  - { name: a, builtin: goss }", 2, 25, "not_built", "the builtin 'goss' is not built", "use a plugin")]
    [InlineData("checks:\n  - { name: a, http: { url: x } }", 2, 16, "not_built", "'http' is not built into this version", "use a plugin")]
    [InlineData("checks:\n  - { name: a, plugin: { x: y } }", 2, 24, "wrong_type", "'plugin' is a mapping, wanted is a command", "list of words")]
    [InlineData("checks:\n  - { name: a, plugin: [] }", 2, 24, "bad_command", "no words", "1 to 256 words")]
    [InlineData("checks:\n  - { name: a, plugin: ['', -w] }", 2, 24, "bad_command", "the program is an empty word", "1 to 256 words")]
    [InlineData("checks:\n  - { name: a, plugin: [x, {}] }", 2, 28, "wrong_type", "a word of 'plugin' is a mapping", "[check_disk")]
    [InlineData("checks:\n  - name: a\n    plugin: check_disk -w '20", 3, 13, "bad_command", "'plugin' at column 15 of the text: the quote is not closed", "end with '")]
    [InlineData("checks:\n  - name: a\n    plugin: \"x '' {{ lookpu `facts.a` }}\"", 3, 13, "bad_template", "at column 9 of the text: 'lookpu' is no function", "did you mean 'lookup'?")]
    [InlineData("checks:\n  - name: a\n    plugin: [x, \"{{ o }}\"]", 3, 17, "bad_template", "o takes 1 or 2 arguments", "o \"<path>\"")]
    [InlineData("checks:\n  - &a { name: a, plugin: x, plugin: y }", 2, 30, "duplicate_key", "'plugin' a second time", "2:19")]
    public void A_check_that_is_no_check(string yaml, int line, int column, string kind, string message, string hint) =>
        Says(yaml, line, column, kind, message, hint);

    [Theory]
    [InlineData("interval: 10", 11, "bad_duration", "'interval': '10' has no unit", "'10s', '10m' or '10ms'")]
    [InlineData("interval: 100ms", 11, "out_of_range", "'interval' is 100ms", "500ms to 365d")]
    [InlineData("interval: [1m]", 11, "wrong_type", "'interval' is a list, wanted is a duration", "'interval: 30s'")]
    [InlineData("interval:", 1, "wrong_type", "'interval' has no value", "leave the key out")]
    [InlineData("timeout: 2h", 10, "out_of_range", "'timeout' is 2h", "100ms to 1h")]
    [InlineData("attempts: 0", 11, "out_of_range", "'attempts' is 0", "1 to 64")]
    [InlineData("attempts: three", 11, "bad_value", "'attempts' is 'three', which is no whole number", "1 to 64")]
    [InlineData("recover_attempts: 65", 19, "out_of_range", "'recover_attempts' is 65", "1 to 64")]
    [InlineData("retry_interval: 2m", 17, "out_of_range", "'retry_interval' is 2m", "500ms to the interval, 1m")]
    [InlineData("splay: 2m", 8, "out_of_range", "'splay' is 2m", "0 to the interval, 1m")]
    [InlineData("events: some", 9, "bad_value", "'events' is 'some'", "one of all, changes, problems")]
    [InlineData("events: change", 9, "bad_value", "'events' is 'change'", "did you mean 'changes'?")]
    [InlineData("flapping: on", 11, "wrong_type", "'flapping' is a text", "flapping: off")]
    [InlineData("flapping: { low: 30, high: 20 }", 11, "out_of_range", "low is 30, high is 20", "0 < low < high < 100")]
    [InlineData("flapping: { low: 0 }", 18, "out_of_range", "'low' is 0", "0 < low")]
    [InlineData("flapping: { hihg: 30 }", 13, "unknown_key", "'hihg' is not a key of flapping", "did you mean 'high'?")]
    [InlineData("labels: { 1a: x }", 11, "bad_name", "'1a' is no key of 'labels'", "the first a letter")]
    [InlineData("labels: { a: [x] }", 14, "wrong_type", "'a' is a list, wanted is a text", "one text")]
    [InlineData("labels:", 1, "wrong_type", "'labels' has no value", "leave the key out")]
    [InlineData("tcp:", 1, "wrong_type", "'tcp' has no value", "leave the key out")]
    [InlineData("gossfile:", 1, "wrong_type", "'gossfile' has no value", "leave the key out")]
    [InlineData("user:", 1, "wrong_type", "'user' has no value", "leave the key out")]
    [InlineData("labels: team", 9, "wrong_type", "'labels' is a text, wanted is a mapping", "{ team: storage }")]
    [InlineData("depends_on: gateway", 13, "wrong_type", "'depends_on' is a text, wanted is a list", "[gateway]")]
    [InlineData("depends_on: [a, a]", 17, "duplicate_name", "'a' a second time in 'depends_on'", "leave one out")]
    [InlineData("depends_on: [disk]", 13, "dependency_cycle", "disk -> disk", "leave one of these")]
    [InlineData("depends_on: [a b]", 14, "bad_name", "'a b' is no name", "1 to 63")]
    [InlineData("depends_on: [a, b, c, d, e, f, g, h, i, j, k]", 13, "out_of_range", "'depends_on' has 11 entries", "at most 10")]
    [InlineData("gossfile: x.yaml", 1, "ignored_key", "'gossfile' has no effect here", "builtin: goss")]
    [InlineData("maintenance_windows: [{ duration: 1h }]", 23, "missing_key", "a maintenance window needs 'start'", "start: \"02:00\"")]
    [InlineData("maintenance_windows: [{ start: \"02:00\" }]", 23, "missing_key", "a maintenance window needs 'duration'", "duration: 2h")]
    [InlineData("maintenance_windows: [{ start: \"24:00\", duration: 1h }]", 32, "bad_value", "'start' is '24:00'", "00:00 to 23:59")]
    [InlineData("maintenance_windows: [{ start: \"2:00\", duration: 1h }]", 32, "bad_value", "'start' is '2:00'", "HH:MM")]
    [InlineData("maintenance_windows: [{ start: \"02:00\", duration: 8d }]", 51, "out_of_range", "'duration' is 8d", "1m to 7d")]
    [InlineData("maintenance_windows: [{ start: \"02:00\", duration: 1h, days: [monday] }]", 62, "bad_value", "'monday' is no day", "mon-fri")]
    [InlineData("maintenance_windows: [{ start: \"02:00\", duration: 1h, timezone: Europe/Pariss }]", 65, "bad_timezone", "'Europe/Pariss' is not in the tz database", "Europe/Paris")]
    [InlineData("maintenance_windows: [{ start: \"02:00\", duration: 1h, timezone: ../../etc/passwd }]", 65, "bad_timezone", "is not in the tz database", "IANA")]
    [InlineData("remediate: ./clean", 12, "wrong_type", "'remediate' is a text, wanted is a mapping", "{ command: ./clean-up }")]
    [InlineData("remediate: { when: [CRITICAL] }", 12, "missing_key", "remediate needs 'command'", "clean-tmp")]
    [InlineData("remediate: { command: x, when: [OK] }", 33, "bad_value", "'when' is 'OK'", "one of WARNING, CRITICAL, UNKNOWN")]
    [InlineData("remediate: { command: x, when: [CRITICAL, CRITICAL] }", 43, "duplicate_name", "'CRITICAL' a second time", "leave one out")]
    [InlineData("remediate: { command: x, when: [] }", 32, "out_of_range", "'when' has 0 entries", "at least 1")]
    [InlineData("remediate: { command: x, max_runs: 0 }", 36, "out_of_range", "'max_runs' is 0", "1 to 1000")]
    public void A_field_of_a_check_that_is_wrong(string field, int column, string kind, string message, string hint) =>
        Says(Reading.Check(field), 4, column + 4, kind, message, hint);

    [Theory]
    [InlineData("version: 1.0.0", "version: 1 0", 2, 10, "bad_value", "'version' is '1 0'", "1.0.0")]
    [InlineData("version: 1.0.0\n", "", 1, 1, "missing_key", "a machine needs 'version'", "version: 1.0.0")]
    [InlineData("initial_state: UP", "initial_state: UPP", 3, 16, "unknown_state", "the initial state 'UPP' is in no transition", "did you mean 'UP'?")]
    [InlineData("destination: UP", "destination: UPP", 11, 18, "", "", "")]
    [InlineData("from: [DOWN]", "from: [DWON]", 8, 11, "unreachable_transition", "'mended' can never happen: DWON is never reached", "'UP' leads to are UP, DOWN")]
    [InlineData("from: [DOWN]", "from: DOWN", 9, 11, "wrong_type", "'from' is a text, wanted is a list", "[UNKNOWN]")]
    [InlineData("from: [DOWN]", "from: []", 9, 11, "out_of_range", "'from' has 0 entries", "at least 1")]
    [InlineData("    destination: UP", "    destination: UP\n    descripton: x", 11, 5, "unknown_key", "'descripton' is not a key of a transition", "did you mean 'description'?")]
    [InlineData("    destination: UP", "    destination: UP\n    subscribe: [{ machine_name: a }]", 11, 17, "missing_key", "a subscription needs 'event'", "event: CRITICAL")]
    [InlineData("name: mended\n    from: [DOWN]", "name: failed\n    from: [UP]", 8, 11, "duplicate_name", "the transition 'failed' from 'UP' a second time", "5:11")]
    [InlineData("transitions:", "transition:", 4, 1, "unknown_key", "'transition' is not a key of a machine", "did you mean 'transitions'?")]
    [InlineData("type: exec", "type: nagois", 13, 11, "unknown_watcher_type", "'nagois' is no watcher type", "did you mean 'nagios'?")]
    [InlineData("type: exec", "type: gossip", 13, 11, "unknown_watcher_type", "'gossip' is no watcher type", "roster")]
    [InlineData("type: exec", "type: kv", 13, 11, "not_built", "the watcher type 'kv' is not built", "parse_as_data")]
    [InlineData("    type: exec\n", "", 12, 5, "missing_key", "a watcher needs 'type'", "type: nagios")]
    [InlineData("command: ./look.sh", "comand: ./look.sh", 15, 7, "unknown_key", "'comand' is not a key of an exec watcher", "did you mean 'command'?")]
    [InlineData("command: ./look.sh", "timeout: 1s", 15, 7, "missing_key", "an exec watcher needs 'command'", "./restart.sh")]
    [InlineData("type: exec", "type: exec\n    state_matchin: [UP]", 14, 5, "unknown_key", "'state_matchin' is not a key of a watcher", "did you mean 'state_match'?")]
    [InlineData("type: exec", "type: exec\n    state_match: [UPP]", 14, 19, "unknown_state", "'UPP' is no state of this machine", "did you mean 'UP'?")]
    [InlineData("type: exec", "type: exec\n    fail_transition: broken", 14, 22, "unknown_transition", "'broken' is no transition of this machine", "failed, mended")]
    [InlineData("type: exec", "type: exec\n    interval: 100ms", 14, 15, "out_of_range", "'interval' is 100ms", "500ms to 365d")]
    [InlineData("type: exec", "type: exec\n    announce_interval: 10s", 14, 24, "out_of_range", "'announce_interval' is 10s", "1m to 365d")]
    [InlineData("type: exec", "type: exec\n    foreign_state_required: [{ machine_name: a, sate: B }]", 14, 49, "unknown_key", "'sate' is not a key of a foreign state", "did you mean 'state'?")]
    [InlineData("command: ./look.sh", "command: ./look.sh\n      disown: true", 16, 7, "not_built", "'disown' is not built", "leave it out")]
    [InlineData("command: ./look.sh", "command: ./look.sh\n      governor: X", 16, 7, "not_built", "'governor' is not built", "leave it out")]
    [InlineData("command: ./look.sh", "command: ./look.sh\n      parse_as_data: yes", 16, 22, "bad_value", "'parse_as_data' is 'yes'", "true or false")]
    [InlineData("command: ./look.sh", "command: ./look.sh\n      environment: [SECRET]", 16, 21, "bad_value", "'SECRET' is no variable", "NAME=value")]
    [InlineData("command: ./look.sh", "command: ./look.sh\n      environment: [A=1, SCOUT_RUN=x]", 16, 26, "ignored_key", "'SCOUT_RUN' has no effect here", "the node sets it itself")]
    [InlineData("command: ./look.sh", "command: ./look.sh\n      environment: [A=1, A=geheim]", 16, 26, "duplicate_name", "'A' a second time in 'environment'", "leave one out")]
    [InlineData("command: ./look.sh", "command: ./look.sh\n      environment: [1A=geheim]", 16, 21, "bad_value", "'1A' is no variable", "NAME=value")]
    [InlineData("command: ./look.sh", "command: ./look.sh\n      environment: [\"A=x {{ }}\"]", 16, 21, "bad_template", "at column 8 of the text", "lookup")]
    [InlineData("name: web", "name: web\nsplay_start: 4000", 2, 14, "out_of_range", "'splay_start' is 4000 seconds", "0 to 1h")]
    [InlineData("name: web", "name: web\non_restart: restart", 2, 13, "bad_value", "'on_restart' is 'restart'", "continue, initial")]
    [InlineData("name: web", "name: web\ndepends_on: [gateway]", 2, 1, "ignored_key", "'depends_on' has no effect here", "nagios watcher")]
    [InlineData("name: web", "name: web\nmaintenance_windows: [{ start: \"02:00\", duration: 1h }]", 2, 1, "unknown_state", "need the state 'MAINTENANCE'", "MAINTENANCE")]
    public void A_machine_that_is_wrong(string from, string to, int line, int column, string kind, string message, string hint)
    {
        string yaml = Reading.Machine();
        int at = yaml.IndexOf(from, StringComparison.Ordinal);
        if (from == "destination: UP") at = yaml.LastIndexOf(from, StringComparison.Ordinal);
        yaml = string.Concat(yaml.AsSpan(0, at), to, yaml.AsSpan(at + from.Length));
        if (kind.Length == 0) Assert.Empty(Reading.Read(yaml).Findings);
        else Says(yaml, line, column, kind, message, hint);
    }

    [Theory]
    [InlineData("type: nagios\nproperties: { timeout: 1s }", 13, 17, "missing_key", "a nagios watcher needs something to look at", "builtin: heartbeat")]
    [InlineData("type: nagios\nsuccess_transition: failed\nproperties: { plugin: x }", 13, 5, "ignored_key", "'success_transition' has no effect here", "by itself")]
    [InlineData("type: nagios\nfail_transition:\nproperties: { plugin: x }", 13, 5, "wrong_type", "'fail_transition' has no value", "leave the key out")]
    [InlineData("type: timer\ninterval:\nproperties: { timer: 1m }", 13, 5, "wrong_type", "'interval' has no value", "leave the key out")]
    [InlineData("type: nagios\nproperties: { plugin: x, retry_interval: 1s }", 13, 30, "ignored_key", "'retry_interval' has no effect here", "FORCE_CHECK")]
    [InlineData("type: nagios\nproperties: { plugin: x, interval: 1s }", 13, 30, "unknown_key", "'interval' is not a key of a nagios watcher", "keys of")]
    [InlineData("type: file\nproperties: { gather_initial_state: true }", 13, 17, "missing_key", "a file watcher needs 'path'", "/etc/motd")]
    [InlineData("type: file\nproperties: { path: a, contents: x, owner: root, group: root }", 13, 17, "missing_key", "a file watcher needs 'mode'", "\"0644\"")]
    [InlineData("type: file\nproperties: { path: a, contents: x, owner: root, group: root, mode: \"0999\" }", 13, 73, "bad_value", "'mode' is '0999'", "octal")]
    [InlineData("type: file\nproperties: { path: a, contents: x, content: y }", 13, 41, "conflict", "'content' beside 'contents'", "leave one out")]
    [InlineData("type: file\nproperties: { path: a, owner: root }", 13, 28, "ignored_key", "'owner' has no effect here", "managed")]
    [InlineData("type: schedule\nproperties: { duration: 1m }", 13, 17, "missing_key", "a schedule watcher needs 'schedules'", "0 2 * * *")]
    [InlineData("type: schedule\nproperties: { schedules: [\"0 25 * * *\"] }", 13, 31, "bad_schedule", "at column 3 of the text: '25' is no hour", "0 to 23")]
    [InlineData("type: schedule\nproperties: { schedules: [\"@daily\"], start_splay: 1m }", 13, 55, "out_of_range", "'start_splay' is 1m", "half the duration")]
    [InlineData("type: schedule\nproperties: { schedules: [\"@daily\"], timezone: Mars }", 13, 52, "bad_timezone", "'Mars' is not in the tz database", "IANA")]
    [InlineData("type: schedule\ninterval: 1m\nproperties: { schedules: [\"@daily\"] }", 13, 5, "ignored_key", "'interval' has no effect here", "when it is due")]
    [InlineData("type: timer\nsuccess_transition: failed\nproperties: { timer: 1m }", 13, 5, "conflict", "a timer never succeeds", "fail_transition")]
    [InlineData("type: timer\nproperties: { timer: 100ms }", 13, 26, "out_of_range", "'timer' is 100ms", "1s to 365d")]
    [InlineData("type: metric\nproperties: { timeout: 1s }", 13, 17, "missing_key", "a metric watcher needs 'command'", "./metric.sh")]
    [InlineData("type: metric\ninterval: 1m\nproperties: { command: x, interval: 1m }", 14, 31, "conflict", "'interval' here and on the watcher", "leave this one out")]
    [InlineData("type: metric\nproperties: { command: x, graphite_host: y }", 13, 31, "ignored_key", "'graphite_host' has no effect here", "Prometheus")]
    public void A_watcher_that_is_wrong(string watcher, int line, int column, string kind, string message, string hint)
    {
        string yaml = Reading.Machine();
        yaml = yaml[..yaml.IndexOf("    type: exec", StringComparison.Ordinal)] + "    " + watcher.Replace("\n", "\n    ", StringComparison.Ordinal);
        Says(yaml, line + 1, column, kind, message, hint);
    }

    [Fact]
    public void Two_nagios_watchers_are_one_too_many()
    {
        string yaml = Check("name: second", "") + "  - { name: check, type: nagios, properties: { plugin: y } }\n";

        Finding[] findings = [.. Reading.Read(yaml).Findings];
        Assert.Contains(findings, finding => finding.Kind == "conflict" && finding.Message == "a second nagios watcher");
        Assert.Contains(findings, finding => finding.Kind == "duplicate_name" && finding.Message.Contains("the watcher 'check' a second time", StringComparison.Ordinal));
    }

    [Fact]
    public void A_MAINTENANCE_without_a_way_out_is_a_trap()
    {
        Finding finding = Assert.Single(Reading.Read(Check("name: web", "  - { name: MAINTENANCE, from: [OK], destination: MAINTENANCE }\n")).Findings);

        Assert.Equal(("trap", "nothing leads out of MAINTENANCE"), (finding.Kind, finding.Message));
        Assert.Contains("RESUME", finding.Hint, StringComparison.Ordinal);
        Assert.Equal(10, finding.Line);
    }

    [Fact]
    public void A_FORCE_CHECK_that_a_result_does_not_leave_is_a_trap()
    {
        Finding finding = Assert.Single(Reading.Read(Check("name: web", "  - { name: FORCE_CHECK, from: [OK], destination: FORCE_CHECK }\n")).Findings);

        Assert.Equal(("trap", "the result UNKNOWN, OK, WARNING, CRITICAL does not lead out of FORCE_CHECK"), (finding.Kind, finding.Message));
    }

    [Fact]
    public void Everything_wrong_is_said_at_once_by_position()
    {
        DefinitionFile file = Reading.Read("""
            checks:
              - name: a b
                plugin: x
                intervall: 1m
                attempts: 100
              - name: c
                timeout: 5
            """);

        Assert.Equal(
            ["2:11 bad_name", "4:5 unknown_key", "5:15 out_of_range", "6:5 missing_key", "7:14 bad_duration"],
            file.Findings.Select(finding => $"{finding.Line}:{finding.Column} {finding.Kind}"));
    }

    [Fact]
    public void At_most_fifty_are_said_the_first_by_position()
    {
        string yaml = "checks:\n" + string.Concat(Enumerable.Range(0, 200).Select(i => $"  - {{ name: c{i}, plugin: x, zzz: 1 }}\n"));

        DefinitionFile file = Reading.Read(yaml);

        Assert.Equal(50, file.Findings.Length);
        Assert.Equal(Enumerable.Range(2, 50), file.Findings.Select(finding => finding.Line));
    }

    [Fact]
    public void However_many_warnings_stand_before_it_an_error_is_said()
    {
        string yaml = Check("name: web", string.Concat(Enumerable.Range(0, 80).Select(i => $"  - {{ name: t{i}, from: [NOWHERE], destination: OK }}\n")))
            + "  - { name: wait, type: timer, state_match: [OKK], properties: { timer: 1m } }\n";

        DefinitionFile file = Reading.Read(yaml, "web/machine.yaml");

        Assert.Equal(50, file.Findings.Length);
        Assert.Equal("unknown_state", file.FirstError!.Kind);
        Assert.Equal(49, file.Findings.Count(finding => finding.Severity == Severity.Warning));
        Assert.Empty(file.Machines);
    }

    [Fact]
    public void What_a_file_holds_is_escaped_where_it_is_shown()
    {
        Finding finding = Assert.Single(Reading.Read("checks:\n  - { name: a, plugin: x, \"\\e[31m\\u202Eevil\": 1 }").Findings);

        Assert.Equal("'\\u001b[31m\\u202eevil' is not a key of a check", finding.Message);
    }

    [Fact]
    public void Too_large_too_deep_and_too_many_are_refused()
    {
        Assert.Equal("too_large", Only(new string('#', (1024 * 1024) + 1)).Kind);
        Assert.Equal("too_large", Only("checks: " + new string('[', 40) + new string(']', 40)).Kind);
        Assert.Equal("too_large", Only(Bomb(9)).Kind);
        Assert.Equal("out_of_range", Only("checks:\n" + string.Concat(Enumerable.Range(0, 1001).Select(i => $"- {{ name: c{i}, plugin: x }}\n"))).Kind);
    }

    [Fact]
    public void Bytes_that_are_no_text_say_where()
    {
        DefinitionFile file = DefinitionReader.Read("a.yaml", new byte[] { (byte)'a', (byte)'\n', 0xC3, 0xA9, 0xFF }, Reading.Options);

        Assert.Equal("a.yaml:2:2: error yaml_syntax: this is not UTF-8", Assert.Single(file.Findings).Headline);
    }

    private static Finding Only(string yaml) => Assert.Single(Reading.Read(yaml).Findings);

    // Ten times ten times ten ...: a kilobyte that would be gigabytes.
    private static string Bomb(int levels)
    {
        string yaml = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
        for (int i = 1; i < levels; i++) yaml += $"a{i}: &a{i} [{string.Join(", ", Enumerable.Repeat($"*a{i - 1}", 10))}]\n";
        return yaml;
    }

    private static string Check(string name, string transitions) => $$"""
        {{name}}
        version: 1.0.0
        initial_state: UNKNOWN
        transitions:
          - { name: UNKNOWN, from: [UNKNOWN, OK, WARNING, CRITICAL], destination: UNKNOWN }
          - { name: OK, from: [UNKNOWN, OK, WARNING, CRITICAL], destination: OK }
          - { name: WARNING, from: [UNKNOWN, OK, WARNING, CRITICAL], destination: WARNING }
          - { name: CRITICAL, from: [UNKNOWN, OK, WARNING, CRITICAL], destination: CRITICAL }
        {{(transitions.Length == 0 ? "" : "# one more\n" + transitions)}}watchers:
          - { name: check, type: nagios, interval: 1m, properties: { plugin: x } }

        """;

    private static void Says(string yaml, int line, int column, string kind, string message, string hint)
    {
        DefinitionFile file = Reading.Read(yaml);
        Finding? finding = file.Findings.FirstOrDefault(finding => finding.Kind == kind && finding.Message.Contains(message, StringComparison.Ordinal));
        Assert.True(finding is not null, $"no {kind} '{message}' in:\n{string.Join('\n', file.Findings)}");
        Assert.Equal((line, column), (finding.Line, finding.Column));
        Assert.Equal(Severity.Error, finding.Severity);
        Assert.Contains(hint, finding.Hint, StringComparison.Ordinal);
        Assert.Empty(file.Machines);
    }
}
