//! An entry's traceback, cut into lines and parts that a template can mark without reading them.

#[cfg(test)]
mod tests;

/// How many lines are shown at the beginning, and again at the end, of a longer text.
const SHOWN: usize = 200;
/// How many characters of a line are shown.
const WIDTH: usize = 2_000;

/// A text as lines. Any text is one; in what is no Python traceback every line is [`LineKind::Plain`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Traceback<'a> {
    /// The lines to show: all of them, or the first and the last 200 with one [`LineKind::Folded`] between.
    pub lines: Vec<Line<'a>>,
    /// How many lines the whole text has.
    pub total_lines: usize,
    /// How many frames of the whole text are the application's.
    pub application_frames: usize,
    /// How many frames of the whole text are a library's.
    pub library_frames: usize,
    /// The first and the last frame of the whole text that is the application's.
    ends: Option<(Frame<'a>, Frame<'a>)>,
}

/// A line to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line<'a> {
    /// Its number in the whole text, from 1; of a fold, the first one left out.
    pub number: usize,
    /// What it is.
    pub kind: LineKind,
    /// The line in parts. Together they are the line without its end, up to 2,000 characters.
    pub parts: Vec<(PartKind, &'a str)>,
    /// Whether the line goes on beyond its parts.
    pub cut: bool,
}

/// What a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineKind {
    /// Anything that is not one of the others.
    Plain,
    /// A library's frame.
    Library,
    /// A frame of the application, below its first line.
    Application,
    /// The first line of a frame of the application: the one that names the file.
    ApplicationFile,
    /// The exception that the frames above it led to.
    Exception,
    /// Stands for lines that are not shown.
    Folded {
        /// How many.
        left_out: usize,
    },
}

/// What a part of a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartKind {
    /// Anything that is not one of the others.
    Text,
    /// The path of a file.
    Path,
    /// The number of a line in that file.
    Number,
    /// The name of a function.
    Function,
}

/// A place in the code. All of it is text from the entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame<'a> {
    /// The file.
    pub path: &'a str,
    /// The line in the file: digits, of any length.
    pub line: &'a str,
    /// The function; a syntax error names none.
    pub function: Option<&'a str>,
}

impl<'a> Traceback<'a> {
    /// Reads `text`. A frame is the application's where nothing in its path says that it belongs to Python or to an installed
    /// package, and where it lies below `app_root`, if there is one.
    #[must_use]
    pub fn read(text: &'a str, app_root: Option<&str>) -> Self {
        let app_root = app_root.filter(|root| !root.is_empty());
        let total_lines = lines_of(text).count();
        let tail_from = total_lines.saturating_sub(SHOWN).max(SHOWN);
        let mut found = Self { lines: Vec::new(), total_lines, application_frames: 0, library_frames: 0, ends: None };
        let mut place = Place::default();
        for (at, line) in lines_of(text).enumerate() {
            let (kind, file) = place.step(line, app_root);
            if let Some(file) = &file {
                found.count(kind, file.frame);
            }
            if at < SHOWN || at >= tail_from {
                found.lines.push(Line::new(at + 1, kind, line, file.as_ref()));
            } else if at == SHOWN {
                let kind = LineKind::Folded { left_out: tail_from - SHOWN };
                found.lines.push(Line { number: at + 1, kind, parts: Vec::new(), cut: false });
            }
        }
        found
    }

    /// The outermost frame of the application in the whole text.
    #[must_use]
    pub fn first_application_frame(&self) -> Option<Frame<'a>> {
        self.ends.map(|(first, _)| first)
    }

    /// The last frame of the application in the whole text: as a rule the nearest to the fault.
    #[must_use]
    pub fn last_application_frame(&self) -> Option<Frame<'a>> {
        self.ends.map(|(_, last)| last)
    }

    fn count(&mut self, kind: LineKind, frame: Frame<'a>) {
        if kind == LineKind::ApplicationFile {
            self.application_frames += 1;
            self.ends = Some((self.ends.map_or(frame, |(first, _)| first), frame));
        } else {
            self.library_frames += 1;
        }
    }
}

/// How a text with tracebacks ends: the last one of them, which the others led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Last<'a> {
    /// The line that names the exception, where there is one.
    pub exception: Option<&'a str>,
    /// The last frame of the application in it; of a library where none is the application's.
    pub frame: Frame<'a>,
}

/// How `text` ends: with its last traceback, or with each of those that an exception group holds. Nothing where it has no
/// frame. What is the application's is as [`Traceback::read`] means it.
#[must_use]
pub fn ends<'a>(text: &'a str, app_root: Option<&str>) -> Vec<Last<'a>> {
    let app_root = app_root.filter(|root| !root.is_empty());
    let mut place = Place::default();
    let mut found: Option<Last<'a>> = None;
    // Those of the exception group at hand, where there is one, and what led to it, which counts where none of them has a frame.
    let (mut group, mut led): (Option<Vec<Last<'a>>>, Option<Last<'a>>) = (None, None);
    // Whether the frame is the application's, and whether the next one belongs to another traceback.
    let (mut ours, mut over) = (false, true);
    for line in lines_of(text) {
        let (margin, content) = split_margin(line);
        match border(line) {
            Some(Border::First) => {
                group.get_or_insert_default();
                led = led.or(found.take());
                (found, over) = (None, true);
            }
            Some(Border::Next) => {
                group.get_or_insert_default().extend(found.take());
                over = true;
            }
            Some(Border::End) if group.is_some() => {
                group.get_or_insert_default().extend(found.take());
                over = true;
            }
            _ => {}
        }
        over |= opens(line, content);
        match place.step(line, app_root) {
            (kind, Some(FileLine { frame, .. })) => {
                let is_ours = kind == LineKind::ApplicationFile;
                if margin == 0 {
                    (group, led) = (None, None);
                }
                if over || is_ours || !ours || found.is_none() {
                    found = Some(Last { exception: None, frame });
                    ours = is_ours;
                }
                over = false;
            }
            (LineKind::Exception, None) => {
                if let Some(last) = found.as_mut().filter(|last| last.exception.is_none()) {
                    last.exception = Some(content.trim());
                }
                over = true;
            }
            _ => {}
        }
    }
    let mut ends = group.unwrap_or_default();
    ends.extend(found);
    if ends.is_empty() {
        ends.extend(led);
    }
    ends
}

/// What parts the tracebacks of an exception group.
enum Border {
    /// `+-+---------------- 1 ----------------`.
    First,
    /// The same with another number.
    Next,
    /// `+------------------------------------`.
    End,
}

fn border(line: &str) -> Option<Border> {
    let rest = line.trim_start_matches([' ', '|']);
    let said = rest.trim_end().trim_matches(['+', '-', ' ']);
    match said {
        _ if !rest.starts_with("+-") => None,
        "1" => Some(Border::First),
        "" | "..." => Some(Border::End),
        _ if is_divider(rest) => Some(Border::Next),
        _ => None,
    }
}

/// The lines of a text without their ends. A carriage return alone is a character like any other.
fn lines_of(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive('\n').map(|line| {
        let line = line.strip_suffix('\n').unwrap_or(line);
        line.strip_suffix('\r').unwrap_or(line)
    })
}

impl<'a> Line<'a> {
    fn new(number: usize, kind: LineKind, line: &'a str, file: Option<&FileLine<'a>>) -> Self {
        let shown = line.char_indices().nth(WIDTH).map_or(line, |(end, _)| &line[..end]);
        let mut parts = match file {
            Some(file) => file.parts(line),
            None => vec![(PartKind::Text, line)],
        };
        let mut room = shown.len();
        for (_, part) in &mut parts {
            // A part that the cut falls in ends where the cut does; both are borders of characters.
            *part = &part[..part.len().min(room)];
            room -= part.len();
        }
        parts.retain(|(_, part)| !part.is_empty());
        Self { number, kind, parts, cut: shown.len() < line.len() }
    }
}

/// A line such as `  File "PATH", line N, in FUNC`, cut up.
struct FileLine<'a> {
    frame: Frame<'a>,
    indent: usize,
}

impl<'a> FileLine<'a> {
    fn read(content: &'a str) -> Option<Self> {
        const NUMBER: &str = "\", line ";
        let indent = indent(content);
        let after = content[indent..].strip_prefix("File \"")?;
        // The path may hold anything, this very text too: the first place where the line can go on counts.
        after.match_indices(NUMBER).find_map(|(end, _)| {
            let rest = &after[end + NUMBER.len()..];
            let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            let function = match &rest[digits..] {
                "" => None,
                more => Some(more.strip_prefix(", in ")?),
            };
            let frame = Frame { path: &after[..end], line: &rest[..digits], function };
            (digits > 0).then_some(Self { frame, indent })
        })
    }

    fn parts(&self, line: &'a str) -> Vec<(PartKind, &'a str)> {
        let Frame { path, line: number, function } = self.frame;
        let mut parts = Vec::with_capacity(6);
        let mut rest = line;
        // From the end, where nothing but the known rest of the line can stand.
        let mut take = |kind, len: usize| {
            let (before, part) = rest.split_at(rest.len() - len);
            rest = before;
            parts.push((kind, part));
        };
        if let Some(function) = function {
            take(PartKind::Function, function.len());
            take(PartKind::Text, ", in ".len());
        }
        take(PartKind::Number, number.len());
        take(PartKind::Text, "\", line ".len());
        take(PartKind::Path, path.len());
        parts.push((PartKind::Text, rest));
        parts.reverse();
        parts
    }
}

/// Where in a traceback the reading stands, between two lines.
#[derive(Default)]
struct Place {
    /// The frame whose lines may follow: its margin, its indentation and whether it is the application's.
    frame: Option<(usize, usize, bool)>,
    /// Whether the exception may come next.
    exception_next: bool,
}

impl Place {
    /// What the next line is, and its parts where it names a file.
    fn step<'a>(&mut self, line: &'a str, app_root: Option<&str>) -> (LineKind, Option<FileLine<'a>>) {
        let (margin, content) = split_margin(line);
        if let Some(file) = FileLine::read(content) {
            let ours = is_application(file.frame.path, app_root);
            self.frame = Some((margin, file.indent, ours));
            self.exception_next = true;
            return (if ours { LineKind::ApplicationFile } else { LineKind::Library }, Some(file));
        }
        if let Some((frame_margin, frame_indent, ours)) = self.frame {
            // A line of code may begin with `|` itself, so where the frame has no margin neither has its code.
            let inside = if frame_margin == 0 { Some(line) } else { Some(content).filter(|_| margin == frame_margin) };
            if inside.is_some_and(|inside| belongs(inside, frame_indent)) || content.trim().is_empty() {
                return (if ours { LineKind::Application } else { LineKind::Library }, None);
            }
        }
        let opens = opens(line, content);
        let outside = self.frame.is_none_or(|(frame_margin, frame_indent, _)| {
            margin == frame_margin && (frame_indent == 0 || indent(content) < frame_indent)
        });
        let exception = self.exception_next && outside && names_exception(content.trim_start_matches(' '));
        self.exception_next = opens;
        self.frame = None;
        (if exception { LineKind::Exception } else { LineKind::Plain }, None)
    }
}

/// What opens a traceback; also the end of `Exception Group Traceback (most recent call last):`.
const HEADER: &str = "Traceback (most recent call last):";

/// Whether another traceback begins below a line.
fn opens(line: &str, content: &str) -> bool {
    content.trim_end().ends_with(HEADER) || is_divider(line)
}

/// The width of the margin that the traceback of an exception group has (`  | `, or `  + ` where it opens),
/// and what follows it.
fn split_margin(line: &str) -> (usize, &str) {
    let rest = line.trim_start_matches(' ');
    match rest.strip_prefix(['|', '+']) {
        Some(content) if content.is_empty() => (line.len(), content),
        Some(content) => match content.strip_prefix(' ') {
            Some(content) => (line.len() - content.len(), content),
            None => (0, line),
        },
        None => (0, line),
    }
}

/// Whether a line opens one of the exceptions of a group: `+---------------- 2 ----------------`.
fn is_divider(line: &str) -> bool {
    let line = line.trim_start_matches(' ');
    line.starts_with("+-") && line.trim_matches(['+', '-', ' ']).starts_with(|c: char| c.is_ascii_digit())
}

/// Whether a line goes on with the frame whose first line is indented by `frame_indent`.
fn belongs(line: &str, frame_indent: usize) -> bool {
    let indent = indent(line);
    indent > frame_indent || (indent == frame_indent && line[indent..].starts_with("[Previous line repeated "))
}

fn indent(text: &str) -> usize {
    text.len() - text.trim_start_matches(' ').len()
}

/// Whether a line is `Name` or `Name: message`, the name as Python writes that of a class.
fn names_exception(line: &str) -> bool {
    let (name, message) = line.split_once(':').unwrap_or((line, ""));
    name.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '<' | '>'))
        && (message.is_empty() || message.starts_with(' '))
}

/// The rest of a path below a root: `/srv/app2/a.py` is not below `/srv/app`.
#[must_use]
pub fn below<'a>(path: &'a str, root: &str) -> Option<&'a str> {
    const BORDERS: [char; 2] = ['/', '\\'];
    let rest = path.strip_prefix(root)?;
    (root.ends_with(BORDERS) || rest.starts_with(BORDERS)).then(|| rest.trim_start_matches(BORDERS))
}

/// Whether a path is the application's. Its environment may lie below its root, and is not its own.
fn is_application(path: &str, app_root: Option<&str>) -> bool {
    const NOT_OURS: [&str; 4] = ["site-packages", "dist-packages", "lib/python3.", "<frozen"];
    let rest = match app_root {
        Some(root) => below(path, root),
        None => Some(path),
    };
    rest.is_some_and(|rest| !NOT_OURS.iter().any(|sign| rest.contains(sign)))
}
