//! Tests of `extra`.

use std::time::{Duration, Instant};

use proptest::prelude::*;
use serde_json::Value;

use super::*;

const SOURCE: usize = 64 * 1024;

fn shown(text: &str) -> String {
    lay_out(text).tokens.iter().map(|token| token.text.as_str()).collect()
}

fn filters(text: &str) -> Vec<(String, String)> {
    lay_out(text).tokens.into_iter().filter_map(|token| token.filter).collect()
}

fn pair(key: &str, value: &str) -> (String, String) {
    (key.to_owned(), value.to_owned())
}

#[test]
fn an_object_is_laid_out_in_its_own_order_and_spelling() {
    let text = r#"{"service_type":"group_walk","slot_id":48213, "dogs" : ["Moss"],"attempt":2,
        "form":{"date":"2026-06-26","repeat_weekly":true,"note":null},"big":123456789012345678901234567890.10e+5}"#;
    let expected = r#"{
  "service_type": "group_walk",
  "slot_id": 48213,
  "dogs": ["Moss"],
  "attempt": 2,
  "form": {
    "date": "2026-06-26",
    "repeat_weekly": true,
    "note": null
  },
  "big": 123456789012345678901234567890.10e+5
}"#;
    assert_eq!(shown(text), expected);
    assert_eq!(
        filters(text),
        [
            pair("service_type", "group_walk"),
            pair("slot_id", "48213"),
            pair("attempt", "2"),
            pair("big", "123456789012345678901234567890.10e+5"),
        ]
    );
    let kinds: Vec<TokenKind> = lay_out(r#"{"a":["b",1,null]}"#).tokens.iter().map(|token| token.kind).collect();
    let spelled: Vec<String> = kinds.iter().map(|kind| format!("{kind:?}")).collect();
    assert_eq!(
        spelled.join(" "),
        "Punctuation Key Punctuation String Punctuation Number Punctuation Constant Punctuation"
    );
}

#[test]
fn arrays_and_single_values_are_laid_out_too() {
    assert_eq!(
        shown(r#"[{"dog":"Moss"},12.5,"<b>",true]"#),
        "[\n  {\n    \"dog\": \"Moss\"\n  },\n  12.5,\n  \"<b>\",\n  true\n]"
    );
    assert_eq!(shown(r#" "text" "#), r#""text""#);
    assert_eq!(shown("{ }"), "{}");
    assert_eq!(shown("[\n]"), "[]");
    assert_eq!(shown(r#"{"a":{},"b":[]}"#), "{\n  \"a\": {},\n  \"b\": []\n}");
    assert_eq!(shown("[[1,2],[3]]"), "[\n  [1, 2],\n  [3]\n]");
    assert!(filters(r#"["a",1]"#).is_empty() && filters(r#""a""#).is_empty());
}

#[test]
fn an_array_stays_on_a_line_up_to_sixty_characters() {
    let fits = format!("[\"{}\", 1]", "é".repeat(53));
    assert_eq!(fits.chars().count(), 60);
    assert_eq!(shown(&fits), fits);
    let longer = format!("[\"{}\",1]", "é".repeat(54));
    assert_eq!(shown(&longer), format!("[\n  \"{}\",\n  1\n]", "é".repeat(54)));
}

#[test]
fn escapes_are_shown_as_written_and_decoded_for_the_filter() {
    let text = r#"{"n\u00e9e":"caf\u00e9 \ud83d\udc36\n\"","half":"\ud83d","nul":"\u0000","empty":"","\udc00":1,"":2}"#;
    assert_eq!(filters(text), [pair("née", "café 🐶\n\"")]);
    assert!(shown(text).contains(r#""n\u00e9e": "caf\u00e9 \ud83d\udc36\n\"""#));
    assert_eq!(top_level(text, "née").as_deref(), Some("café 🐶\n\""));
    assert_eq!(top_level(text, "half").as_deref(), Some("\u{fffd}"));
    assert_eq!(
        top_level(r#"{"a":"\u00e9\ud83dx\udc36\\\/\b\f\r\t"}"#, "a").as_deref(),
        Some("é\u{fffd}x\u{fffd}\\/\u{8}\u{c}\r\t")
    );
}

#[test]
fn of_a_key_that_stands_twice_the_last_counts() {
    let text = r#"{"a":"first","b":1,"a":"last","b":null,"\u0062":{}}"#;
    assert_eq!(top_level(text, "a").as_deref(), Some("last"));
    assert_eq!(top_level(text, "b").as_deref(), Some("{}"));
    assert_eq!(filters(text), [pair("a", "last")]);
    let text = format!(r#"{{"a":1,"long":"{}","a":2}}"#, "x".repeat(70_000));
    assert!(filters(&text).is_empty());
}

#[test]
fn a_value_is_asked_for_as_written() {
    let text = r#" {"s":"walk","n":1e5,"z":-0.0,"t":true,"o": { "a" : [1] } ,"l":[ ],"null":null,"in":{"deep":1},"q":"null"} "#;
    for (key, value) in [
        ("s", Some("walk")),
        ("n", Some("1e5")),
        ("z", Some("-0.0")),
        ("t", Some("true")),
        ("o", Some(r#"{ "a" : [1] }"#)),
        ("l", Some("[ ]")),
        ("null", None),
        ("q", Some("null")),
        ("deep", None),
        ("a", None),
        ("S", None),
    ] {
        assert_eq!(top_level(text, key).as_deref(), value, "{key}");
    }
    assert!(matches(text, "s", "walk") && !matches(text, "s", "Walk") && !matches(text, "null", "null"));
    for text in ["", "null", "[1]", r#"[{"s":1}]"#, r#""s""#, r#"{"s":1"#, r#"{"s":1}}"#, r#"{"s":1} x"#] {
        assert_eq!(top_level(text, "s"), None, "{text}");
    }
}

#[test]
fn null_and_blank_count_as_absent() {
    for text in ["null", " null\n", "", " \t"] {
        assert!(is_absent(text), "{text:?}");
    }
    for text in ["{}", "\"null\"", "nul", "0", "\u{a0}"] {
        assert!(!is_absent(text), "{text:?}");
    }
}

#[test]
fn what_is_not_json_stands_as_it_came() {
    for text in [
        "",
        "NaN",
        "{'a':1}",
        "{\"a\":1,}",
        "[1,]",
        "[1 2]",
        "{\"a\" 1}",
        "{1:2}",
        "[}",
        "]",
        "01",
        "1.",
        "-",
        "1e",
        "+1",
        ".5",
        "\"a",
        "\"\\x\"",
        "\"\\u12g4\"",
        "\"a\nb\"",
        "truex",
        "tru",
        "{} {}",
        "\u{feff}{}",
        "[\u{a0}1]",
        "// x",
    ] {
        let extra = lay_out(text);
        assert!(!extra.valid && !extra.cut, "{text}");
        assert_eq!(shown(text), text);
        assert!(serde_json::from_str::<Value>(text).is_err(), "{text}");
    }
    let extra = lay_out(&"é".repeat(40_000));
    assert!(extra.cut && extra.tokens[0].text.len() == SOURCE);
}

#[test]
fn of_a_long_text_the_beginning_is_shown() {
    let text = format!(r#"{{"a":"{}","b":1}}"#, "é".repeat(SOURCE));
    let extra = lay_out(&text);
    assert!(extra.valid && extra.cut);
    assert!(shown(&text).len() <= SOURCE + 16 && !shown(&text).contains("\"b\""));
    assert_eq!(top_level(&text, "b").as_deref(), Some("1"));
}

#[test]
fn depth_and_length_cost_no_more_than_their_share() {
    let deep = "[".repeat(100_000) + &"]".repeat(100_000);
    assert_eq!(top_level(&format!("{{\"a\":{deep}}}"), "a").as_deref(), Some(deep.as_str()));
    for text in [
        deep,
        "{\"a\":".repeat(300_000) + "1" + &"}".repeat(300_000),
        "[".repeat(2_000_000),
        format!("[{}1]", "[[],1],".repeat(250_000)),
        format!("[{}1]", "1,".repeat(1_000_000)),
        format!("{{{}\"a\":1}}", "\"a\":1,".repeat(330_000)),
        format!("[\"{}\"]", "\\u00e9".repeat(330_000)),
        format!("[{}]", " ".repeat(2_000_000)),
        format!("{}[", "[ ".repeat(1_000_000)),
        "\"".repeat(2_000_000),
        "9".repeat(2_000_000),
    ] {
        let started = Instant::now();
        let extra = lay_out(&text);
        assert!(extra.tokens.iter().map(|token| token.text.len()).sum::<usize>() <= 5 * SOURCE);
        assert_eq!(top_level(&text, "absent"), None);
        assert!(started.elapsed() < Duration::from_secs(5), "{}", &text[..text.len().min(40)]);
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,12}|[\\x00-\\x20\"\\\\/]{0,6}".prop_map(Value::from),
    ];
    scalar.prop_recursive(5, 64, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec(("[a-c]{0,2}|\\PC{0,4}", inner), 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_shown_is_the_same_json(value in any_json(), pretty in any::<bool>()) {
        let text = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) }.expect("JSON");
        let laid_out = shown(&text);
        prop_assert_eq!(serde_json::from_str::<Value>(&laid_out).expect("JSON"), value.clone());
        prop_assert_eq!(shown(&laid_out), laid_out.clone());
        let Value::Object(members) = value else { return Ok(()) };
        for (key, member) in members {
            let expected = match &member {
                Value::Null => None,
                Value::String(content) => Some(content.clone()),
                other => Some(serde_json::to_string(other).expect("JSON")),
            };
            if !pretty || !(member.is_array() || member.is_object()) {
                prop_assert_eq!(top_level(&text, &key), expected);
            }
        }
        for (key, value) in filters(&text) {
            prop_assert!(matches(&text, &key, &value));
        }
    }

    #[test]
    fn the_same_texts_are_json_as_for_others(text in "[\\[\\]{}\",:0-9.eE+\\- a-fnrstul\\\\\n]{0,24}|\\PC*") {
        let extra = lay_out(&text);
        prop_assert_eq!(extra.valid, serde_json::from_str::<Value>(&text).is_ok() || has_half_a_pair(&text), "{}", text);
        if !extra.valid {
            prop_assert_eq!(shown(&text), text);
        }
    }
}

/// Whether a text is JSON that `serde_json` refuses to decode, although its grammar is right.
fn has_half_a_pair(text: &str) -> bool {
    text.contains("\\u") && serde_json::from_str::<&serde_json::value::RawValue>(text).is_ok()
}
