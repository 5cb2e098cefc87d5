//! Puts the files of `static/` into the binary: each once as it is, once as Brotli and once as gzip, under a name
//! that carries its content's hash, so that a browser may keep it for ever.

#[path = "build/compact.rs"]
mod compact;

use std::{
    env,
    error::Error,
    fmt::Write as _,
    fs,
    io::Write as _,
    path::{Path, PathBuf},
};

use flate2::{Compression, GzBuilder};
use sha2::{Digest, Sha256};

/// What is served: the constant that templates use, the file, and what a reader should know of it.
const SERVED: [(&str, &str, &str); 7] = [
    ("APP_CSS", "app.css", "The stylesheet of every page."),
    ("STORY_CSS", "story.css", "What pages that tell a story need: an entry, a member, a group of errors."),
    ("STAFF_CSS", "staff.css", "What only the pages of staff need, so that no other page waits for it."),
    ("ERRORS_CSS", "errors.css", "What only the pages of error groups need, likewise."),
    ("APP_JS", "app.js", "Copy buttons, menus and keys; every page works without it."),
    ("HTMX_JS", "htmx.min.js", "htmx, vendored: see `static/README.md`."),
    (
        "ICONS",
        "icons.svg",
        "The sprite: an icon is `ICONS` and `#` and its name; as a picture of its own it is the mark, for the browser's tab.",
    ),
];

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("static");
    let out = PathBuf::from(env::var("OUT_DIR")?);
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=build/compact.rs");
    // The folder too, so that a file that is new there is noticed.
    println!("cargo:rerun-if-changed=static");
    refuse_strangers(&folder)?;

    let mut constants = String::new();
    let mut table = String::from("/// Every file that is served, by name.\npub static ASSETS: &[Asset] = &[\n");
    for (constant, file, about) in SERVED {
        println!("cargo:rerun-if-changed=static/{file}");
        let raw = fs::read(folder.join(file)).map_err(|e| format!("static/{file}: {e}"))?;
        let raw = if ["app.", "staff.", "errors."].iter().any(|ours| file.starts_with(ours)) {
            let compact = compact::compact(&String::from_utf8(raw)?);
            let is_stylesheet = Path::new(file).extension().is_some_and(|kind| kind == "css");
            let compact = if is_stylesheet { compact.and_then(|css| compact::tight(&css)) } else { compact };
            compact.map_err(|why| format!("static/{file}, {why}"))?.into_bytes()
        } else {
            raw
        };
        let hash = short_hash(&raw);
        let (stem, kind) = file.rsplit_once('.').ok_or("a served file has an ending")?;
        let path = format!("/static/{stem}.{hash}.{kind}");
        fs::write(out.join(format!("{file}.raw")), &raw)?;
        fs::write(out.join(format!("{file}.br")), brotli(&raw)?)?;
        fs::write(out.join(format!("{file}.gz")), gzip(&raw)?)?;
        writeln!(constants, "/// {about}\npub const {constant}: &str = {path:?};")?;
        writeln!(
            table,
            "    Asset {{ path: {constant}, content_type: {:?}, etag: {hash:?},\n        \
             raw: include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{file}.raw\")),\n        \
             brotli: include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{file}.br\")),\n        \
             gzip: include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{file}.gz\")) }},",
            content_type(kind)?
        )?;
    }
    table.push_str("];\n");
    fs::write(out.join("assets.rs"), constants + &table)?;
    Ok(())
}

/// A file that could be served but stands in no row of [`SERVED`] would silently be missing: say so while building.
fn refuse_strangers(folder: &Path) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        let kind = name.rsplit_once('.').map_or("", |(_, kind)| kind);
        if content_type(kind).is_ok() && !SERVED.iter().any(|(_, file, _)| *file == name) {
            return Err(format!("static/{name} has no row in SERVED, in build.rs").into());
        }
    }
    Ok(())
}

fn content_type(kind: &str) -> Result<&'static str, String> {
    match kind {
        "css" => Ok("text/css; charset=utf-8"),
        "js" => Ok("text/javascript; charset=utf-8"),
        "svg" => Ok("image/svg+xml"),
        other => Err(format!("a .{other} file is not served")),
    }
}

/// Ten hex digits tell versions of a file apart; nobody is kept out by them.
fn short_hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().take(5).fold(String::new(), |mut hex, byte| {
        // Writing to a String cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

fn brotli(raw: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut packed = Vec::new();
    let mut writer = brotli::CompressorWriter::new(&mut packed, 4096, 11, 22);
    writer.write_all(raw)?;
    drop(writer);
    Ok(packed)
}

fn gzip(raw: &[u8]) -> std::io::Result<Vec<u8>> {
    // No time in the header: the same source gives the same binary.
    let mut writer = GzBuilder::new().mtime(0).write(Vec::new(), Compression::best());
    writer.write_all(raw)?;
    writer.finish()
}
