//! Faults of the list of bookings, and of moving and cancelling one.

use super::library::{CHECKOUT, ENDPOINT, FLUSH, JINJA, WEB};
use super::{Cause, FAULT, Fault, Link, Rhythm, app, frozen, std};

const LIST: &str = "members/bookings";
const MOVE: &str = "members/bookings/reschedule";

/// All of them.
pub static FAULTS: &[Fault] = &[
    Fault {
        class: "ValueError",
        message: "time data '{day_first}' does not match format '%Y-%m-%d'",
        area: MOVE,
        description: "New date was not understood",
        calls: &[
            WEB,
            &[
                app("members/bookings/routes.py", 142, "reschedule", "day = parse_day(form[\"day\"])"),
                app("web/forms.py", 27, "parse_day", "return datetime.strptime(text, \"%Y-%m-%d\").date()"),
                std(
                    "_strptime.py",
                    653,
                    "_strptime_datetime",
                    "tt, fraction, gmtoff_fraction = _strptime(data_string, format)",
                ),
                std("_strptime.py", 432, "_strptime", "raise ValueError(\"time data %r does not match format %r\" %"),
            ],
        ],
        weight: 12,
        rhythm: Rhythm::Chronic,
        ..FAULT
    },
    Fault {
        class: "zoneinfo._common.ZoneInfoNotFoundError",
        message: "'No time zone found with key Europe/Kyiv'",
        area: MOVE,
        description: "Time zone of the member is unknown",
        calls: &[
            ENDPOINT,
            &[
                app("members/bookings/routes.py", 147, "reschedule", "starts = member.local(day, form[\"time\"])"),
                app("members/models.py", 92, "local", "return datetime.combine(day, at, ZoneInfo(self.zone))"),
                std(
                    "zoneinfo/_common.py",
                    24,
                    "load_tzdata",
                    "raise ZoneInfoNotFoundError(f\"No time zone found with key {key}\")",
                ),
            ],
        ],
        cause: Some(Cause {
            link: Link::During,
            class: "ModuleNotFoundError",
            message: "No module named 'tzdata'",
            calls: &[
                std(
                    "zoneinfo/_common.py",
                    12,
                    "load_tzdata",
                    "return resources.files(package_name).joinpath(resource_name).open(\"rb\")",
                ),
                std("importlib/resources/_common.py", 46, "wrapper", "return func(anchor)"),
                frozen("<frozen importlib._bootstrap>", 1387, "_gcd_import"),
                frozen("<frozen importlib._bootstrap>", 1324, "_find_and_load_unlocked"),
            ],
        }),
        weight: 5,
        rhythm: Rhythm::Rare,
        ..FAULT
    },
    Fault {
        class: "KeyError",
        message: "'drop_in'",
        area: MOVE,
        description: "Length of the visit is unknown",
        calls: &[
            WEB,
            &[
                app("members/bookings/routes.py", 153, "reschedule", "booking.move_to(starts)"),
                app("bookings/models.py", 131, "move_to", "self.ends = starts + LENGTHS[self.service_type]")
                    .under("LENGTHS[self.service_type]"),
            ],
        ],
        weight: 7,
        services: &["drop_in"],
        ..FAULT
    },
    Fault {
        class: "AssertionError",
        message: "a stay of {n} nights ends before it starts",
        area: MOVE,
        description: "Stay would end before it starts",
        calls: &[
            WEB,
            &[
                app("members/bookings/routes.py", 153, "reschedule", "booking.move_to(starts)"),
                app(
                    "bookings/models.py",
                    137,
                    "move_to",
                    "assert self.ends > starts, f\"a stay of {nights} nights ends before it starts\"",
                ),
            ],
        ],
        weight: 5,
        rhythm: Rhythm::Rare,
        services: &["boarding", "day_care"],
        ..FAULT
    },
    Fault {
        class: "jinja2.exceptions.TemplateNotFound",
        message: "emails/walk_report_v2.html",
        area: LIST,
        description: "Walk report could not be sent",
        calls: &[
            WEB,
            &[
                app("members/bookings/routes.py", 171, "send_report", "await mail.walk_report(booking, member)"),
                app(
                    "mail/reports.py",
                    38,
                    "walk_report",
                    "body = render(\"emails/walk_report_v2.html\", booking=booking)",
                ),
                app("mail/render.py", 19, "render", "return templates.get_template(name).render(values)"),
            ],
            JINJA,
        ],
        weight: 14,
        ..FAULT
    },
    Fault {
        class: "sqlalchemy.orm.exc.StaleDataError",
        message: "UPDATE statement on table 'bookings' expected to update 1 row(s); 0 were matched.",
        area: LIST,
        description: "Booking was changed by somebody else",
        calls: &[
            WEB,
            &[
                app("members/bookings/routes.py", 126, "cancel_booking", "await service.cancel(booking, member)"),
                app("bookings/service.py", 266, "cancel", "await session.flush()"),
            ],
            FLUSH,
        ],
        weight: 6,
        rhythm: Rhythm::Chronic,
        ..FAULT
    },
    Fault {
        class: "sqlalchemy.exc.TimeoutError",
        message: "QueuePool limit of size 10 overflow 5 reached, connection timed out, timeout 30.00",
        area: LIST,
        description: "Bookings could not be loaded",
        calls: &[
            WEB,
            &[
                app("members/bookings/routes.py", 44, "my_bookings", "bookings = await service.upcoming(member)"),
                app("bookings/service.py", 58, "upcoming", "rows = await session.execute(query)"),
            ],
            CHECKOUT,
        ],
        weight: 22,
        rhythm: Rhythm::Storms,
        ..FAULT
    },
    Fault {
        class: "IndexError",
        message: "list index out of range",
        area: LIST,
        description: "Calendar could not be drawn",
        calls: &[
            WEB,
            &[
                app("members/bookings/routes.py", 52, "my_bookings", "grid = calendar.month(bookings, day)"),
                app("bookings/calendar.py", 74, "month", "weeks[(entry.day - first).days // 7].append(entry)")
                    .under("weeks[(entry.day - first).days // 7]"),
            ],
        ],
        weight: 8,
        rhythm: Rhythm::Rare,
        ..FAULT
    },
];
