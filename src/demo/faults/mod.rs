//! What goes wrong in the watched application: some forty faults, each with its own code path and its own times.

mod accounts;
mod bookings;
mod calendar;
mod episodes;
mod library;
mod payments;
mod pets;
pub mod traceback;

pub use episodes::Troubles;

/// A frame of a traceback.
#[derive(Debug, Clone, Copy)]
pub struct Frame {
    root: &'static str,
    /// The file below its root.
    file: &'static str,
    line: u32,
    function: &'static str,
    /// The line of code; empty where Python does not know it.
    source: &'static str,
    /// The part of it that carets stand under; empty for none.
    under: &'static str,
    /// How many more times the frame is repeated.
    repeated: u32,
}

impl Frame {
    const fn new(
        root: &'static str,
        file: &'static str,
        line: u32,
        function: &'static str,
        source: &'static str,
    ) -> Self {
        Self { root, file, line, function, source, under: "", repeated: 0 }
    }

    /// The same with carets under a part of its code.
    const fn under(self, part: &'static str) -> Self {
        Self { under: part, ..self }
    }

    /// The same as the innermost of many like it.
    const fn repeated(self, times: u32) -> Self {
        Self { repeated: times, ..self }
    }

    /// Whether it is the application's own code, whose lines move at releases.
    fn is_application(&self) -> bool {
        self.root == APPLICATION
    }
}

const APPLICATION: &str = "/srv/app/clubhouse/";

/// A frame of the application.
const fn app(file: &'static str, line: u32, function: &'static str, source: &'static str) -> Frame {
    Frame::new(APPLICATION, file, line, function, source)
}

/// A frame of a library.
const fn lib(file: &'static str, line: u32, function: &'static str, source: &'static str) -> Frame {
    Frame::new("/srv/app/.venv/lib/python3.12/site-packages/", file, line, function, source)
}

/// A frame of Python's own library.
const fn std(file: &'static str, line: u32, function: &'static str, source: &'static str) -> Frame {
    Frame::new("/usr/local/lib/python3.12/", file, line, function, source)
}

/// A frame of a module that is frozen into the interpreter.
const fn frozen(module: &'static str, line: u32, function: &'static str) -> Frame {
    Frame::new("", module, line, function, "")
}

/// How one exception follows from another.
#[derive(Debug, Clone, Copy)]
enum Link {
    /// Raised while the other was handled.
    During,
    /// Raised `from` the other.
    Because,
}

/// The exception from which a fault's own followed.
#[derive(Debug, Clone, Copy)]
struct Cause {
    link: Link,
    class: &'static str,
    message: &'static str,
    calls: &'static [Frame],
}

/// How often a fault comes, and for how long it stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rhythm {
    /// Days to two weeks, with quiet weeks between.
    Chronic,
    /// Half a day to four days, with quiet months between.
    Waves,
    /// A few hours, with quiet months between, and then many at once.
    Storms,
    /// A day or two, now and then.
    Rare,
}

/// A way in which the application fails. Texts are templates of [`super::phrase`].
#[derive(Debug, Clone, Copy)]
pub struct Fault {
    /// The exception's class as a traceback ends with it.
    pub class: &'static str,
    /// Its message.
    pub message: &'static str,
    /// Further lines that the traceback prints after the message.
    detail: &'static [&'static str],
    /// Where it happens.
    pub area: &'static str,
    /// The entry's description.
    pub description: &'static str,
    /// The frames from the application's outermost to the last.
    calls: &'static [&'static [Frame]],
    cause: Option<Cause>,
    /// The exceptions of a group, in place of a message.
    group: &'static [Cause],
    /// How often it happens beside the others.
    weight: u32,
    rhythm: Rhythm,
    /// The services it concerns; none where it has to do with none.
    pub services: &'static [&'static str],
    /// The `action_type` it is recorded under.
    pub recorded_as: &'static str,
}

/// What most faults have in common.
const FAULT: Fault = Fault {
    class: "",
    message: "",
    detail: &[],
    area: "",
    description: "",
    calls: &[],
    cause: None,
    group: &[],
    weight: 10,
    rhythm: Rhythm::Waves,
    services: &[],
    recorded_as: "error",
};

impl Fault {
    /// The class without its module, and the message: the error in a line.
    pub fn in_a_line(&self, message: &str) -> String {
        let class = self.class.rsplit('.').next().unwrap_or(self.class);
        if message.is_empty() { class.to_owned() } else { format!("{class}: {message}") }
    }
}

/// The fault that the demo is about: it began less than two hours ago and goes on.
pub fn burst() -> &'static Fault {
    &bookings::NO_WALKER
}

/// All faults.
pub fn all() -> impl Iterator<Item = &'static Fault> {
    std::iter::once(burst())
        .chain(bookings::FAULTS)
        .chain(calendar::FAULTS)
        .chain(payments::FAULTS)
        .chain(accounts::FAULTS)
        .chain(pets::FAULTS)
}
