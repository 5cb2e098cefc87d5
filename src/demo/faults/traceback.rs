//! Writes a fault's traceback as Python 3.12 prints it.

use std::fmt::Write as _;

use super::{Cause, Fault, Frame, Link};
use crate::demo::phrase::{Values, fill_into};
use crate::demo::releases::{Release, moved};

const HEAD: &str = "Traceback (most recent call last):";

/// The traceback of `fault`, with the lines of that release.
pub fn traceback(fault: &Fault, message: &str, values: &Values<'_>, release: Release) -> String {
    let mut page = Page { text: String::with_capacity(4096), margin: "", release };
    if let Some(cause) = &fault.cause {
        page.cause(cause, values);
        page.line(&[
            "",
            match cause.link {
                Link::During => "During handling of the above exception, another exception occurred:",
                Link::Because => "The above exception was the direct cause of the following exception:",
            },
            "",
        ]);
    }
    if fault.group.is_empty() {
        page.exception(fault.calls, fault.class, message);
        for line in fault.detail {
            page.filled(line, values);
        }
    } else {
        page.group(fault, message, values);
    }
    page.text.truncate(page.text.trim_end().len());
    page.text
}

struct Page {
    text: String,
    /// What stands before each line inside a group.
    margin: &'static str,
    release: Release,
}

impl Page {
    fn line(&mut self, lines: &[&str]) {
        for line in lines {
            self.text.push_str(self.margin);
            self.text.push_str(line);
            self.text.push('\n');
        }
    }

    fn filled(&mut self, template: &str, values: &Values<'_>) {
        self.text.push_str(self.margin);
        fill_into(&mut self.text, template, values);
        self.text.push('\n');
    }

    fn cause(&mut self, cause: &Cause, values: &Values<'_>) {
        let mut message = String::new();
        fill_into(&mut message, cause.message, values);
        self.exception(&[cause.calls], cause.class, &message);
    }

    fn exception(&mut self, calls: &[&[Frame]], class: &str, message: &str) {
        self.line(&[HEAD]);
        self.frames(calls);
        self.last_line(class, message);
    }

    fn frames(&mut self, calls: &[&[Frame]]) {
        for frame in calls.iter().copied().flatten() {
            self.frame(frame);
        }
    }

    fn last_line(&mut self, class: &str, message: &str) {
        let colon = if message.is_empty() { "" } else { ": " };
        // Writing to a String cannot fail.
        let _ = writeln!(self.text, "{}{class}{colon}{message}", self.margin);
    }

    fn frame(&mut self, frame: &Frame) {
        let Frame { root, file, function, source, under, .. } = *frame;
        let line = if frame.is_application() { moved(file, frame.line, self.release) } else { frame.line };
        let margin = self.margin;
        let _ = writeln!(self.text, "{margin}  File \"{root}{file}\", line {line}, in {function}");
        if !source.is_empty() {
            let _ = writeln!(self.text, "{margin}    {source}");
        }
        if let Some(before) = source.find(under).filter(|_| !under.is_empty()) {
            let (before, under) = (source.get(..before).unwrap_or_default().chars().count(), under.chars().count());
            let _ = writeln!(self.text, "{margin}    {:before$}{:^<under$}", "", "");
        }
        if frame.repeated > 0 {
            let _ = writeln!(self.text, "{margin}  [Previous line repeated {} more times]", frame.repeated);
        }
    }

    fn group(&mut self, fault: &Fault, message: &str, values: &Values<'_>) {
        self.text.push_str("  + Exception Group Traceback (most recent call last):\n");
        self.margin = "  | ";
        self.frames(fault.calls);
        self.last_line(fault.class, message);
        self.margin = "    | ";
        for (nth, inner) in fault.group.iter().enumerate() {
            let corner = if nth == 0 { "  +-+" } else { "    +" };
            let _ = writeln!(self.text, "{corner}---------------- {} ----------------", nth + 1);
            self.cause(inner, values);
        }
        self.text.push_str("    +------------------------------------\n");
    }
}
