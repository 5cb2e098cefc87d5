//! A template as the body of an answer, in room that the next page takes over.
//!
//! A page of some 80 KB grows in steps while it is rendered, and giving so large a piece of memory back makes the
//! allocator tidy up all of its small ones. So each thread keeps the room of its last page.

use std::{cell::Cell, mem};

use actix_web::web::Bytes;
use anyhow::Context as _;
use askama::Template;

use crate::core::error::Result;

/// The most that a thread keeps, in bytes: of a page that was longer than lists are, nothing.
const KEPT: usize = 256 * 1024;

thread_local! {
    static ROOM: Cell<String> = const { Cell::new(String::new()) };
}

/// The page that a template makes, in bytes.
pub(super) fn rendered<T: Template>(template: &T) -> Result<Bytes> {
    let mut page = Page(ROOM.take());
    page.0.reserve(T::SIZE_HINT);
    template.render_into(&mut page.0).context("a page could not be rendered")?;
    Ok(Bytes::from_owner(page))
}

/// A page until it is sent; its room is kept by the thread that sent it.
struct Page(String);

impl AsRef<[u8]> for Page {
    fn as_ref(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        let mut room = mem::take(&mut self.0);
        if room.capacity() <= KEPT {
            room.clear();
            // Where the thread itself is ending, there is nobody to keep it for.
            let _ = ROOM.try_with(|kept| kept.set(room));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Template)]
    #[template(source = "<p>{{ text }}</p>", ext = "html")]
    struct Paragraph {
        text: String,
    }

    fn paragraph(text: &str) -> Bytes {
        rendered(&Paragraph { text: text.to_owned() }).expect("rendered")
    }

    #[test]
    fn pages_at_once_and_one_after_another_never_hold_anothers_text() {
        let (long, short) = (paragraph(&"a".repeat(10_000)), paragraph("b"));
        assert_eq!((long.len(), &short[..]), (10_007, &b"<p>b</p>"[..]));
        let part = long.slice(..4);
        drop(long);
        assert_eq!((&part[..], &paragraph("c")[..]), (&b"<p>a"[..], &b"<p>c</p>"[..]));
        drop((part, short));
        assert_eq!(&paragraph("d<")[..], b"<p>d&#60;</p>");
    }

    #[test]
    fn the_room_of_a_page_is_the_next_ones_unless_it_is_too_large() {
        drop(paragraph(&"a".repeat(50_000)));
        assert!((50_000..=KEPT).contains(&ROOM.take().capacity()));
        drop(paragraph(&"a".repeat(KEPT)));
        assert_eq!(ROOM.take().capacity(), 0);
    }
}
