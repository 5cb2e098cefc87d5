//! Our own stylesheets and script without what only their readers need. `build.rs` uses it; the tests below run with those of
//! `tests/`.

/// Drops comments that stand on lines of their own, and how lines are set in. Nothing else is touched.
///
/// # Errors
/// Where that would need more understanding than this has: a comment that shares a line with something else and goes on
/// beyond it, or a text that does.
pub fn compact(source: &str) -> Result<String, String> {
    let mut is_comment = false;
    let mut out = String::with_capacity(source.len());
    for (number, line) in (1..).zip(source.lines().map(str::trim)) {
        let refused = |why: &str| format!("line {number}: {why}: {line}");
        let begun = if is_comment { Some(line) } else { line.strip_prefix("/*") };
        if let Some(comment) = begun {
            is_comment = match comment.split_once("*/") {
                None => true,
                Some((_, "")) => false,
                Some(_) => return Err(refused("a comment that begins a line has it for its own")),
            };
        } else if !line.is_empty() && !line.starts_with("//") {
            ends_with_its_line(line).map_err(refused)?;
            out.push_str(line);
            out.push('\n');
        }
    }
    if is_comment { Err("a comment has no end".to_owned()) } else { Ok(out) }
}

/// Drops the spaces between the signs of a stylesheet that [`compact`] left, and its lines. What stands in double quotes is
/// kept.
///
/// # Errors
/// Where it cannot tell what stands in quotes.
pub fn tight(css: &str) -> Result<String, String> {
    // In this order: what one leaves is what the next looks for.
    const TIGHT: [(&str, &str); 11] = [
        ("{\n", "{"),
        ("}\n", "}"),
        (";\n", ";"),
        (",\n", ","),
        (" {", "{"),
        ("{ ", "{"),
        (": ", ":"),
        (", ", ","),
        ("; ", ";"),
        (" }", "}"),
        (";}", "}"),
    ];
    if css.contains(['\'', '\\']) {
        return Err("a text stands in double quotes and escapes nothing".to_owned());
    }
    let part = |(at, part): (usize, &str)| match at % 2 {
        0 => TIGHT.iter().fold(part.to_owned(), |css, (wide, tight)| css.replace(wide, tight)),
        _ => format!("\"{part}\""),
    };
    Ok(css.split('"').enumerate().map(part).collect())
}

/// Refuses a line in which something begins that goes on in the next. An expression that holds a quote may be taken for
/// the beginning of a text: write the quote as `\x22`, `\x27` or `\x60` there.
fn ends_with_its_line(line: &str) -> Result<(), &'static str> {
    let mut rest = line;
    while let Some(at) = rest.find(['"', '\'', '`', '/']) {
        let (sign, after) = rest[at..].split_at(1);
        rest = match (sign, after.as_bytes().first()) {
            ("/", Some(b'/')) => return Ok(()),
            ("/", Some(b'*')) => {
                let end = after[1..].split_once("*/").map(|(_, end)| end);
                end.ok_or("a comment within a line ends in it")?
            }
            ("/", _) => after,
            _ => end_of_text(after, sign).ok_or("a text ends in the line in which it begins")?,
        };
    }
    Ok(())
}

/// What comes after a text whose end is the sign it began with.
fn end_of_text<'a>(text: &'a str, sign: &str) -> Option<&'a str> {
    let mut rest = text;
    loop {
        let at = rest.find(['\\', sign.chars().next()?])?;
        let (found, after) = rest[at..].split_at(1);
        if found == sign {
            return Some(after);
        }
        // Whatever is escaped is none of what is looked for.
        let mut escaped = after.chars();
        escaped.next()?;
        rest = escaped.as_str();
    }
}

#[cfg(test)]
mod tests {
    use super::{compact, tight};

    #[test]
    fn comments_on_lines_of_their_own_and_how_lines_are_set_in_are_dropped() {
        for (source, kept) in [
            ("/* a */\n  b {\n    c: d;\n  }\n", "b {\nc: d;\n}\n"),
            ("/* a\n * b\n\n // c\n */\n\n// d\ne();", "e();\n"),
            ("/* a\n b */\n/*\n*/\nc", "c\n"),
            ("a(); /* b */ c(); // d's", "a(); /* b */ c(); // d's\n"),
            ("a /* it's */ b", "a /* it's */ b\n"),
            ("a('/*', \"//\", `it's /*`, '\\'/*', \"\\\\\");", "a('/*', \"//\", `it's /*`, '\\'/*', \"\\\\\");\n"),
            ("a / b / c; d.replace(/#.*/, '#e')", "a / b / c; d.replace(/#.*/, '#e')\n"),
            ("a { content: \"/*\" }", "a { content: \"/*\" }\n"),
            ("`é` + 'ü'", "`é` + 'ü'\n"),
        ] {
            assert_eq!(compact(source).as_deref(), Ok(kept), "{source}");
        }
    }

    #[test]
    fn a_stylesheet_needs_no_space_between_its_signs() {
        for (css, expected) in [
            ("a, b > c { d: e f; g: h(i, j); }\n", "a,b > c{d:e f;g:h(i,j)}"),
            (
                "@media (a: b) {\n.c :is(d, e):f { g: \"h: i; \" \" }\"; }\n}\n",
                "@media (a:b){.c :is(d,e):f{g:\"h: i; \" \" }\"}}",
            ),
            ("a,\nb\nc {\nd: e;\n}\n", "a,b\nc{d:e}"),
        ] {
            assert_eq!(tight(css).as_deref(), Ok(expected), "{css}");
        }
        for css in ["a { b: 'c: d' }", "a { b: \"\\\"\" }"] {
            assert!(tight(css).is_err(), "{css}");
        }
    }

    #[test]
    fn what_it_could_damage_is_refused_with_its_line() {
        for (source, line) in [
            ("a\nb /* c\n*/ d", 2),
            ("/* a */ b", 1),
            ("/* a\n*/ b", 2),
            ("/* a */ b /* c */", 1),
            ("/*/ a", 0),
            ("a(`b\n  // c\n`)", 1),
            ("a = 'b \\\n  c'", 1),
            ("a('\\')", 1),
            ("a('b', \"c", 1),
            ("a\n/* b", 0),
        ] {
            let why = compact(source).expect_err(source);
            let begin = if line == 0 { "a comment has no end".to_owned() } else { format!("line {line}: ") };
            assert!(why.starts_with(&begin), "{source}: {why}");
        }
    }
}
