use proptest::prelude::*;

use super::*;

/// Reads a small document with one key of each kind, as a playbook reader would.
fn read(text: &str) -> Result<()> {
    let mut root = Node::parse(text)?.table()?;
    let mut book = root.require("playbook")?.table()?;
    book.require("name")?.string()?;
    book.finish()?;
    if let Some(features) = root.take("features") {
        for (_, feature) in features.entries()? {
            feature.string()?;
        }
    }
    if let Some(factors) = root.take("factors") {
        for (_, factor) in factors.entries()? {
            let mut factor = factor.table()?;
            factor.require("weight")?.number_in(0.0, f64::INFINITY)?;
            if let Some(cap) = factor.take("cap") {
                cap.number_in(0.0, 100.0)?;
            }
            if let Some(kind) = factor.take("missing") {
                kind.one_of(&["redistribute", "exclude_customer"])?;
            }
            factor.finish()?;
        }
    }
    if let Some(campaigns) = root.take("campaigns") {
        for campaign in campaigns.array()? {
            let mut campaign = campaign.table()?;
            if let Some(cooldown) = campaign.take("cooldown") {
                cooldown.span_of_time()?;
            }
            if let Some(on) = campaign.take("active") {
                on.boolean()?;
            }
            campaign.finish()?;
        }
    }
    root.finish()
}

fn message(text: &str) -> String {
    read(text).unwrap_err().to_string()
}

/// The text (`+` stands for a whole `[playbook]` before it) and its error.
const CASES: &[(&str, &str)] = &[
    ("", "playbook: the key `playbook` is missing"),
    ("playbok = 1", "playbook: the key `playbook` is missing; is `playbok` a misspelling of it?"),
    (
        "playbook = 3",
        "playbook `playbook`: line 1, column 12: expected a table, found the number `3`",
    ),
    ("[playbook]", "playbook `playbook`: line 1, column 1: the key `name` is missing"),
    (
        "[playbook]\nname = true",
        "playbook `playbook.name`: line 2, column 8: expected a string, found the boolean `true`",
    ),
    (
        "[playbook]\nname = [1]",
        "playbook `playbook.name`: line 2, column 8: expected a string, found an array",
    ),
    (
        "[playbook]\nname = 'a'\nnam = 1",
        "playbook `playbook`: line 3, column 1: unknown key `nam`; did you mean `name`?",
    ),
    (
        "[playbook]\nname = 'a'\nname = 'b'",
        "playbook: line 3, column 1: the key `name` is given twice",
    ),
    (
        "[playbook]\nname = 'a'\n[playbook]",
        "playbook: line 3, column 2: the key `playbook` is given twice",
    ),
    (
        "[playbook]\nname = a",
        "playbook: line 2, column 8: not valid TOML: string values must be quoted, expected literal string",
    ),
    (
        "[playbook\nname = 'a'",
        "playbook: line 1, column 10: not valid TOML: unclosed table, expected `]`",
    ),
    (
        "[playbook]\nname = 'a",
        "playbook: line 2, column 10: not valid TOML: invalid literal string, expected `'`",
    ),
    (
        "[playbook]\nname = \"a\\q\"",
        "playbook: line 2, column 11: not valid TOML: missing escaped value, expected `b`, `e`, `f`, `n`, `r`, `\\`, `\"`, `x`, `u`, `U`",
    ),
    (
        "[playbook]\nname = inf",
        "playbook `playbook.name`: line 2, column 8: expected a finite number, found `inf`",
    ),
    (
        "[playbook]\nname = 1e999",
        "playbook `playbook.name`: line 2, column 8: expected a finite number, found `1e999`",
    ),
    (
        "+[features]\nlogins = 3",
        "playbook `features.logins`: line 4, column 10: expected a string, found the number `3`",
    ),
    (
        "+features = 'x'",
        "playbook `playbook`: line 3, column 1: unknown key `features`; expected `name`",
    ),
    (
        "+[features]\n\"page view\" = 3",
        "playbook `features.\"page view\"`: line 4, column 15: expected a string, found the number `3`",
    ),
    (
        "+[factors.support]\nweight = 'abc'",
        "playbook `factors.support.weight`: line 4, column 11: expected a number, found the string `abc`",
    ),
    (
        "+[factors.support]\nweigth = 1",
        "playbook `factors.support`: line 3, column 1: the key `weight` is missing; is `weigth` a misspelling of it?",
    ),
    (
        "+[factors.support]\nweight = 1\nweigth = 1",
        "playbook `factors.support`: line 5, column 1: unknown key `weigth`; did you mean `weight`?",
    ),
    (
        "+[factors.support]\nweight = -0.5",
        "playbook `factors.support.weight`: line 4, column 10: expected a number of at least 0, found the number `-0.5`",
    ),
    (
        "+[factors.support]\nweight = 1\ncap = 101",
        "playbook `factors.support.cap`: line 5, column 7: expected a number from 0 to 100, found the number `101`",
    ),
    (
        "+[factors.support]\nweight = 1\nmissing = 'redistibute'",
        "playbook `factors.support.missing`: line 5, column 12: `redistibute` is not possible here; did you mean `redistribute`?",
    ),
    (
        "+[factors.support]\nweight = 1\nmissing = 'zero'",
        "playbook `factors.support.missing`: line 5, column 12: `zero` is not possible here; expected `redistribute` or `exclude_customer`",
    ),
    (
        "+[[campaigns]]\n[[campaigns]]\ncooldown = '30 days'",
        "playbook `campaigns[1].cooldown`: line 5, column 13: `30 days` is not a length of time; expected a number and `w`, `d`, `h`, `m` or `s`, for instance `30d`",
    ),
    (
        "+[[campaigns]]\ncooldown = 30",
        "playbook `campaigns[0].cooldown`: line 4, column 12: expected a length of time such as `\"30d\"`, found the number `30`",
    ),
    (
        "+[[campaigns]]\nactive = 'yes'",
        "playbook `campaigns[0].active`: line 4, column 11: expected `true` or `false`, found the string `yes`",
    ),
    ("+[campaigns]", "playbook `campaigns`: line 3, column 1: expected an array, found a table"),
    (
        "+[guardrail]",
        "playbook: line 3, column 2: unknown key `guardrail`; expected `playbook`, `features`, `factors` or `campaigns`",
    ),
    (
        r#"{"playbook": {"name": "a"}, "campaigns": [{"active": 1}]}"#,
        "playbook `campaigns[0].active`: line 1, column 54: expected `true` or `false`, found the number `1`",
    ),
    (
        r#"{"playbook": {"name": "a", "name": "b"}}"#,
        "playbook: line 1, column 28: the key `name` is given twice",
    ),
    (
        r#"{"playbook": {"name": null}}"#,
        "playbook `playbook.name`: line 1, column 23: `null` is not a value; leave the key out",
    ),
    (
        r#"{"playbook": {"name": "a"},}"#,
        "playbook: line 1, column 28: not valid JSON: key must be a string",
    ),
    (
        "{\"playbook\":\n {\"name\": \"a\"}} x",
        "playbook: line 2, column 17: not valid JSON: trailing characters",
    ),
    (
        "{\"playbook\":\n {\"name\": \"a\"",
        "playbook: line 2, column 13: not valid JSON: the text ends within an object",
    ),
    (
        "{\"playbook\":\n {\"name\": 1e999}}",
        "playbook `playbook.name`: line 2, column 11: expected a finite number, found `1e999`",
    ),
    (
        "{\"playbook\":\n {\"name\": \"\\ud800\"}}",
        "playbook: line 2, column 18: not valid JSON: unexpected end of hex escape",
    ),
];

#[test]
fn each_wrong_document_says_where_and_what() {
    const BOOK: &str = "[playbook]\nname = 'a'\n";
    let mut wrong = String::new();
    for (text, expected) in CASES {
        let text =
            text.strip_prefix('+').map_or((*text).to_owned(), |rest| format!("{BOOK}{rest}"));
        let found = message(&text);
        if found != *expected {
            wrong.extend([&text, "\n  => ", &found, "\n"]);
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// The value at a path such as `a.b`.
fn at(text: &str, path: &str) -> Node {
    let mut node = Node::parse(text).unwrap();
    for key in path.split('.') {
        node = node.entries().unwrap().into_iter().find(|(name, _)| name == key).unwrap().1;
    }
    node
}

fn place(line: u32, column: u32) -> Position {
    Position { line, column }
}

#[test]
fn toml_and_json_give_the_same_tree() {
    let toml = "n = 3\nf = -1.5\nt = true\ns = 'x'\na = [1, 'y']\n[d.e]\nh = 0x10\ni = 1_000";
    let json = r#"{"n": 3, "f": -1.5, "t": true, "s": "x", "a": [1, "y"], "d": {"e": {"h": 16, "i": 1000}}}"#;
    for text in [toml, json] {
        assert_eq!(at(text, "n").number().unwrap(), 3.0);
        assert_eq!(at(text, "f").number().unwrap(), -1.5);
        assert!(at(text, "t").boolean().unwrap());
        assert_eq!(at(text, "s").string().unwrap(), "x");
        let elements = at(text, "a").array().unwrap();
        assert_eq!(elements[1].string().unwrap(), "y");
        assert_eq!(elements[1].path(), "a[1]");
        assert_eq!(at(text, "d.e.h").number().unwrap(), 16.0);
        assert_eq!(at(text, "d.e.i").number().unwrap(), 1000.0);
        assert_eq!(at(text, "d.e.i").path(), "d.e.i");
    }
}

#[test]
fn entries_keep_the_order_of_the_document() {
    for text in ["z = 1\ny.b = 2\nx = 3\n[w]\n[v]", r#"{"z": 1, "y": {}, "x": 3, "w": 0, "v": 0}"#]
    {
        let keys: Vec<_> =
            Node::parse(text).unwrap().entries().unwrap().into_iter().map(|(key, _)| key).collect();
        assert_eq!(keys, ["z", "y", "x", "w", "v"]);
    }
}

#[test]
fn numbers_are_the_nearest_and_zero_has_no_sign() {
    assert_eq!(at("a = 9007199254740993", "a").number().unwrap(), 9_007_199_254_740_992.0);
    assert_eq!(at("a = -0.0", "a").number().unwrap().to_bits(), 0);
    assert_eq!(at(r#"{"a": -0.0}"#, "a").number().unwrap().to_bits(), 0);
}

#[test]
fn a_date_is_a_string() {
    assert_eq!(at("a = 2026-11-21", "a").string().unwrap(), "2026-11-21");
    assert_eq!(at("a = 2026-11-21T10:00:00Z", "a").string().unwrap(), "2026-11-21T10:00:00Z");
}

#[test]
fn a_place_inside_a_string_is_a_place_in_the_document() {
    // Each text holds a value with a `#`; the caret is where that stands in the text.
    let cases = [
        "a = 'count(#)'",
        "a = \"count(#)\"",
        "b = 'ä'\na = 'é#'",
        "a = '''\nlogins\n  + #'''",
        "a = '''logins\n  + #'''",
        "a = \"\"\"\n#\"\"\"",
        "a = \"\"\"\r\nx\r\ny#\"\"\"",
        "a = \"plan == \\\"pro\\\" && #\"",
        "a = \"\\u00e9\\U0001F600\\x41\\t#\"",
        "a = \"\"\"one \\\n     two #\"\"\"",
        "a = \"\"\"one\\ntwo #\"\"\"",
        "a = \"\"\"\\\n  #\"\"\"",
        "{\"a\": \"count(#)\"}",
        "{\n  \"a\": \"plan == \\\"pro\\\" && #\"}",
        "{\"a\": \"\\ud83d\\ude00\\u00e9\\/ #\"}",
        "{\"a\": \"one\\ntwo #\"}",
    ];
    for text in cases {
        let node = at(text, "a");
        let before = node.string().unwrap().split('#').next().unwrap();
        let inner = position_behind(before);
        let expected = position_behind(text.split('#').next().unwrap());
        assert_eq!(node.position_within(inner), Some(expected), "{text}");
    }
}

/// The position of the character that follows `text`.
fn position_behind(text: &str) -> Position {
    let line = text.split('\n').count();
    let column = text.rsplit('\n').next().unwrap().chars().count() + 1;
    place(u32::try_from(line).unwrap(), u32::try_from(column).unwrap())
}

#[test]
fn an_expression_error_is_carried_into_the_document() {
    let node = at("[features]\nlogins = 'count(logn)'", "features.logins");
    let inner =
        Error::new(ErrorCode::ExpressionName, "", "`logn` is not an event type").at(place(1, 7));
    assert_eq!(
        node.locate(inner).to_string(),
        "playbook `features.logins`: line 2, column 17: `logn` is not an event type"
    );
}

#[test]
fn positions_are_exact_far_into_a_long_line() {
    let filler = "é".repeat(5000);
    let text = format!("{{\"a\": \"{filler}\", \"b\": 1}}");
    assert_eq!(at(&text, "b").position, Some(place(1, 5016)));
}

#[test]
fn a_byte_order_mark_is_ignored() {
    assert_eq!(at("\u{feff}a = 1", "a").position, Some(place(1, 5)));
    assert_eq!(at("\u{feff} {\"a\": 1}", "a").position, Some(place(1, 8)));
}

#[test]
fn hostile_nesting_and_size_are_refused() {
    let deep = 100_000;
    let cases = [
        format!("a = {}1{}", "[".repeat(deep), "]".repeat(deep)),
        format!("a = {}", "{a=".repeat(deep)),
        format!("{}a = 1", "a.".repeat(deep)),
        format!("[{}a]", "a.".repeat(deep)),
        // Fewer dots and brackets than the parser's own limit on each.
        format!("a = {}1{}", format!("{{{}a = ", "a.".repeat(60)).repeat(60), "}".repeat(60)),
        format!("{{\"a\": {}1{}}}", "[".repeat(deep), "]".repeat(deep)),
        format!("{}1{}", "{\"a\": ".repeat(deep), "}".repeat(deep)),
        "{\"a\": ".repeat(deep),
    ];
    for text in &cases {
        let found = Node::parse(text).unwrap_err();
        assert_eq!(found.code(), ErrorCode::PlaybookSyntax, "{found}");
    }
    assert_eq!(
        Node::parse(&format!("a = {}", "[".repeat(200))).unwrap_err().to_string(),
        "playbook: line 1, column 69: the text nests more than 64 levels"
    );
    assert_eq!(
        Node::parse(&" ".repeat(MAX_BYTES + 1)).unwrap_err().to_string(),
        "playbook: the text has 1048577 bytes; at most 1048576 are read"
    );
}

#[test]
fn sixty_levels_are_read() {
    let levels = 60;
    for text in [
        format!("a = {}1{}", "[".repeat(levels), "]".repeat(levels)),
        format!("{{\"a\": {}1{}}}", "[".repeat(levels), "]".repeat(levels)),
    ] {
        assert!(Node::parse(&text).is_ok());
    }
}

#[test]
fn a_long_key_does_not_fill_an_error() {
    let text = format!("[playbook]\nname = 'a'\n[{}]", "k".repeat(100_000));
    assert!(message(&text).len() < 200);
}

/// Texts that are nearly documents.
fn nearly() -> impl Strategy<Value = String> {
    let pieces = [
        "a",
        "b.c",
        "=",
        " ",
        "\n",
        "\r\n",
        "[",
        "]",
        "[[",
        "]]",
        "{",
        "}",
        ",",
        ":",
        "'",
        "\"",
        "'''",
        "\"\"\"",
        "\\",
        "\\u00e9",
        "\\ud83d",
        "\\U0001F600",
        "1",
        "-1.5e3",
        "0x1f",
        "inf",
        "true",
        "null",
        "2026-11-21",
        "é",
        "#",
        "\"a\": ",
        "x = 'y'\n",
        ".",
    ];
    prop::collection::vec(prop::sample::select(pieces.to_vec()), 0..40).prop_map(|all| all.concat())
}

proptest! {
    #[test]
    fn no_text_panics(text in any::<String>()) {
        let _ = read(&text);
    }

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = read(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn no_near_miss_panics(text in nearly(), json in any::<bool>(), line in 0_u32..4, column in 0_u32..9) {
        let text = if json { format!("{{{text}") } else { text };
        let _ = read(&text);
        if let Ok(root) = Node::parse(&text) {
            for (_, node) in root.entries().unwrap() {
                let within = node.position_within(place(line, column)).unwrap();
                prop_assert!(within >= node.position.unwrap());
                prop_assert!(within.line as usize <= text.split('\n').count());
            }
        }
    }
}
