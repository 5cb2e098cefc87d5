//! Holds the floors of the house (ARCHITECTURE.md): imports go only down, and each kind of thing stands in its place.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

/// The modules in order, lowest first; those of one row never know each other. `web`, `staff_log` and `session` share
/// a floor of the map, and stand on one another in this order.
const FLOORS: [&[&str]; 9] = [
    &["core"],
    &["db", "paging"],
    &["web"],
    &["staff_log"],
    &["session"],
    &["logs"],
    &["members", "error_groups", "views", "tokens", "staff", "ingest", "demo"],
    &["find"],
    &["config", "routes", "app", "commands"],
];

/// The top floor puts everything together, so its modules do know each other.
const TOP: usize = FLOORS.len() - 1;

fn floor_of(module: &str) -> Option<usize> {
    FLOORS.iter().position(|floor| floor.contains(&module))
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every file below `folder` with this ending, by its path from the root, with its text.
fn files(folder: &str, ending: &str) -> BTreeMap<String, String> {
    fn walk(folder: &Path, ending: &str, out: &mut BTreeMap<String, String>) {
        for entry in std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
            if entry.is_dir() {
                walk(&entry, ending, out);
            } else if entry.extension().is_some_and(|had| had == ending) {
                let name = entry.strip_prefix(root()).expect("below the root").to_string_lossy().into_owned();
                out.insert(name, std::fs::read_to_string(&entry).expect("text"));
            }
        }
    }
    let mut out = BTreeMap::new();
    walk(&root().join(folder), ending, &mut out);
    out
}

/// The module of the house that a file of `src` belongs to.
fn module_of(file: &str) -> Option<&str> {
    let rest = file.strip_prefix("src/")?;
    let name = rest.split('/').next()?;
    Some(name.strip_suffix(".rs").unwrap_or(name)).filter(|name| !matches!(*name, "lib" | "main"))
}

/// The modules that a text imports or names from the root of the crate, with the line of each.
fn imports(text: &str) -> Vec<(usize, String)> {
    let mut out = Vec::new();
    let mut depth: i32 = 0;
    let mut grouped = false;
    for (at, line) in text.lines().enumerate() {
        let code = line.split("//").next().unwrap_or_default();
        let mut rest = code;
        while let Some(found) = rest.find("crate::") {
            rest = &rest[found + "crate::".len()..];
            if rest.starts_with('{') {
                grouped = true;
                depth = 0;
            } else {
                let name: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                out.push((at + 1, name));
            }
        }
        if grouped {
            // Names at the first depth of `use crate::{…}` are modules.
            let mut word = String::new();
            // Behind the first name stand modules of that one.
            let mut within = false;
            for c in code.trim_start_matches("use crate::").chars() {
                match c {
                    '{' => {
                        if depth == 1 && !word.is_empty() {
                            out.push((at + 1, std::mem::take(&mut word)));
                        }
                        depth += 1;
                        word.clear();
                    }
                    '}' => {
                        if depth == 1 && !word.is_empty() {
                            out.push((at + 1, std::mem::take(&mut word)));
                        }
                        depth -= 1;
                        if depth == 0 {
                            grouped = false;
                        }
                    }
                    c if c.is_alphanumeric() || c == '_' => word.push(c),
                    _ => {
                        if depth == 1 && !within && floor_of(&word).is_some() {
                            out.push((at + 1, word.clone()));
                        }
                        within = c == ':' || (within && c != ',');
                        word.clear();
                    }
                }
            }
        }
    }
    out
}

#[test]
fn every_module_has_a_floor() {
    for file in files("src", "rs").keys() {
        if let Some(module) = module_of(file) {
            assert!(floor_of(module).is_some(), "{file}: the module {module} has no floor; give it one");
        }
    }
}

#[test]
fn imports_go_only_down() {
    let mut broken = Vec::new();
    for (file, text) in files("src", "rs") {
        let Some(module) = module_of(&file) else { continue };
        let Some(floor) = floor_of(module) else { continue };
        for (line, imported) in imports(&text) {
            let Some(other) = floor_of(&imported) else { continue };
            let beside = other == floor && imported != module && floor != TOP;
            if other > floor || beside {
                broken.push(format!("{file}:{line}: {module} imports {imported}, which is not below it"));
            }
        }
    }
    assert!(broken.is_empty(), "imports go only down:\n{}", broken.join("\n"));
}

#[test]
fn the_reader_of_imports_sees_them() {
    let text =
        "use crate::{\n    core::{error::Result, time},\n    db::views::Db,\n    logs,\n};\nlet x = crate::web::f();\n";
    let names: Vec<String> = imports(text).into_iter().map(|(_, name)| name).collect();
    assert_eq!(names, ["core", "db", "logs", "web"]);
}

#[test]
fn only_the_database_floor_knows_which_database_it_is() {
    for (file, text) in files("src", "rs") {
        if module_of(&file) == Some("db") || file.starts_with("src/commands/") {
            continue;
        }
        for word in ["SqlitePool", "SqliteConnection", "sqlx::Sqlite", "sqlx::query", "Dialect::Sqlite", "Db::Sqlite"] {
            let in_code = text.split("#[cfg(test)]").next().is_some_and(|code| code.contains(word));
            assert!(!in_code, "{file} names {word}: only src/db may");
        }
    }
}

#[test]
fn no_test_beside_the_code_opens_a_database() {
    for (file, text) in files("src", "rs") {
        let whole = file.ends_with("/tests.rs") || file.contains("/tests/");
        let test = if whole { Some(text.as_str()) } else { text.split_once("#[cfg(test)]").map(|(_, test)| test) };
        for word in ["open_sqlite", "open_postgres", "inspect_sqlite", "migrate::run"] {
            let opens = test.is_some_and(|test| test.contains(word));
            assert!(!opens, "{file} opens a database in a test: in tests/ it runs on each kind (database_test!)");
        }
    }
}

#[test]
fn handlers_hold_no_sql_and_stores_no_html() {
    for (file, text) in files("src", "rs") {
        if file.ends_with("handlers.rs") || file.ends_with("pages.rs") {
            assert!(!text.contains("SELECT ") && !text.contains("Sql::new"), "{file} holds SQL: it belongs to a store");
        }
        if file.ends_with("store.rs") || file.ends_with("/sql.rs") {
            let code = text.split("#[cfg(test)]").next().unwrap_or_default();
            assert!(!code.contains("</") && !code.contains("HttpResponse"), "{file} holds HTML or HTTP");
        }
    }
}

#[test]
fn nothing_pages_by_offset_and_nothing_is_marked_safe() {
    for (file, text) in files("src", "rs") {
        for (at, line) in text.lines().enumerate() {
            let paging = line.contains("OFFSET") && !line.contains("LIMIT 1 OFFSET");
            assert!(!paging || line.trim_start().starts_with("//"), "{file}:{}: OFFSET only probes", at + 1);
        }
    }
    for (file, text) in files("templates", "html") {
        let squeezed: String = text.split_whitespace().collect();
        assert!(!squeezed.contains("|safe"), "{file} marks something safe");
        for banned in ["<script>", "<style", " style=\"", "javascript:", "hx-on", "hx-vals"] {
            assert!(!text.contains(banned), "{file} holds {banned}, which the policy forbids");
        }
        assert!(text.trim_start().starts_with("{#"), "{file} does not say what it is for");
    }
}

#[test]
fn every_file_says_what_it_is_for_and_few_are_long() {
    const LONG: usize = 520;
    for (file, text) in files("src", "rs").into_iter().chain(files("tests", "rs")) {
        assert!(text.starts_with("//!"), "{file} does not say in its first line what it is for");
        let lines = text.lines().count();
        assert!(lines <= LONG, "{file} has {lines} lines: it does more than one thing");
    }
}
