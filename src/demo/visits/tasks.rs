//! What people come for: the tasks of a visit, scene by scene.

/// What a scene does with a booking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Booking {
    /// It has nothing to do with one.
    No,
    /// Makes one.
    Makes,
    /// Cancels the member's last one.
    Cancels,
    /// Is about the member's last one.
    Mentions,
}

/// What stands in `extra`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extra {
    /// Nothing.
    Nothing,
    /// The service and little else.
    Service,
    /// What was sent with a form.
    Form,
    /// The names of fields that changed.
    Fields,
    /// A payment.
    Payment,
    /// A photo.
    Photo,
    /// How long a page took, now and then.
    Timing,
}

/// One entry of a task. Texts are templates of [`super::super::phrase`].
#[derive(Debug, Clone, Copy)]
pub struct Scene {
    /// The `action_type`.
    pub action_type: &'static str,
    /// The area.
    pub area: &'static str,
    /// The description.
    pub text: &'static str,
    /// The description where something was off; empty where nothing can be.
    pub warning: &'static str,
    /// Once in how many times something is off.
    pub warns: u32,
    /// The status where all is well.
    pub status: &'static str,
    /// What it does with a booking.
    pub booking: Booking,
    /// What stands in `extra`.
    pub extra: Extra,
    /// The fewest and the most seconds since the entry before.
    pub seconds: (i64, i64),
}

impl Scene {
    const fn new(action_type: &'static str, area: &'static str, text: &'static str) -> Self {
        Self {
            action_type,
            area,
            text,
            warning: "",
            warns: 0,
            status: "success",
            booking: Booking::No,
            extra: Extra::Nothing,
            seconds: (15, 150),
        }
    }

    const fn extra(self, extra: Extra) -> Self {
        Self { extra, ..self }
    }

    const fn booking(self, booking: Booking) -> Self {
        Self { booking, ..self }
    }

    const fn warns(self, once_in: u32, warning: &'static str) -> Self {
        Self { warning, warns: once_in, ..self }
    }

    const fn status(self, status: &'static str) -> Self {
        Self { status, ..self }
    }
}

/// Somebody opens a page.
pub const fn opens(area: &'static str, text: &'static str) -> Scene {
    Scene { seconds: (4, 90), extra: Extra::Timing, ..Scene::new("page_visit", area, text) }
        .warns(150, "A page took longer than {small} s to load")
}

/// Somebody changes something.
const fn changes(area: &'static str, text: &'static str) -> Scene {
    Scene::new("profile_updated", area, text).extra(Extra::Fields)
}

/// Why somebody comes.
#[derive(Debug)]
pub struct Task {
    /// How many of a thousand.
    pub weight: u32,
    /// What happens.
    pub scenes: &'static [Scene],
}

const fn task(weight: u32, scenes: &'static [Scene]) -> Task {
    Task { weight, scenes }
}

/// Sends the booking form.
pub const BOOKS: Scene = Scene::new("booking_created", "members/bookings/new", "Booked {service} for {when} ({dog})")
    .booking(Booking::Makes)
    .extra(Extra::Form)
    .warns(16, "Booked {service} for {when}, over the usual limit of 8 dogs");

/// What members come for.
pub static TASKS: &[Task] = &[
    task(60, &[opens("members/dashboard", "Opened the dashboard")]),
    task(130, &[opens("members/bookings", "Opened “My bookings”")]),
    task(110, &[opens("members/bookings/new", "Opened the booking form"), BOOKS]),
    task(
        60,
        &[
            opens("members/bookings", "Opened “My bookings”"),
            opens("members/bookings/new", "Opened the booking form"),
            opens("members/bookings/new", "Sent the booking form"),
            BOOKS,
        ],
    ),
    // Opened the form, booked nothing, met no error: a failure nobody hears of.
    task(35, &[opens("members/bookings/new", "Opened the booking form")]),
    task(
        55,
        &[
            opens("members/bookings", "Opened “My bookings”"),
            Scene::new("booking_cancelled", "members/bookings", "Cancelled {service} on {when} (48 h notice)")
                .booking(Booking::Cancels)
                .extra(Extra::Service)
                .warns(9, "Cancelled {service} on {when} with less than 24 h notice"),
        ],
    ),
    task(
        30,
        &[
            opens("members/bookings/reschedule", "Opened the calendar to move a booking"),
            Scene::new("booking_created", "members/bookings/reschedule", "Moved {service} to {when}")
                .booking(Booking::Makes)
                .extra(Extra::Service),
        ],
    ),
    task(
        130,
        &[
            opens("members/messages", "Opened the messages"),
            Scene::new("message_read", "members/messages", "Read “{subject}”"),
        ],
    ),
    task(
        50,
        &[
            Scene::new("message_read", "members/messages", "Read “{subject}”"),
            Scene::new("message_read", "members/messages", "Read a message from {walker}"),
            changes("members/messages", "Answered {walker}").extra(Extra::Nothing),
        ],
    ),
    task(
        45,
        &[
            opens("members/profile", "Opened the profile"),
            changes("members/profile", "Changed {change}")
                .warns(14, "Changed {change}; the old value is still in use today"),
        ],
    ),
    task(50, &[opens("members/billing", "Opened the billing page")]),
    task(
        45,
        &[
            opens("members/billing", "Opened the billing page"),
            changes("members/billing", "Paid invoice {invoice} ({amount})")
                .extra(Extra::Payment)
                .warns(10, "Paid invoice {invoice}; the card ending {card} expires soon"),
        ],
    ),
    task(
        35,
        &[
            opens("members/billing/invoices", "Opened the invoices"),
            opens("members/billing/invoices", "Downloaded invoice {invoice}"),
        ],
    ),
    task(
        35,
        &[
            opens("members/pets", "Opened “My dogs”"),
            changes("members/pets/photo", "Uploaded a photo of {dog}")
                .extra(Extra::Photo)
                .warns(5, "Photo was larger than 5 MB and was resized"),
        ],
    ),
    task(14, &[opens("members/pets", "Opened “My dogs”"), changes("members/pets", "Added a second dog ({dog})")]),
    task(8, &[opens("members/pets/tree", "Opened the family tree of {dog}")]),
    task(55, &[opens("members/reports", "Opened the report of the last walk").booking(Booking::Mentions)]),
    task(22, &[opens("members/help", "Opened “Contact us”")]),
    task(16, &[changes("members/notifications", "Turned text reminders off")]),
    task(
        9,
        &[
            opens("members/contract/sign", "Opened the service agreement"),
            Scene::new("contract_signed", "members/contract/sign", "Signed the {year} service agreement")
                .extra(Extra::Fields),
        ],
    ),
    task(14, &[opens("public/pricing", "Opened the prices")]),
    // Kinds that the application began to write after its model was documented.
    task(3, &[Scene::new("waiver_renewed", "members/contract/sign", "Renewed the waiver for off-lead walks")]),
    task(2, &[changes("members/profile", "Asked for a copy of all data").status("queued").extra(Extra::Nothing)]),
];

/// What the club's own people come for.
pub static STAFF_TASKS: &[Task] = &[
    task(10, &[opens("admin/rota", "Opened the rota"), changes("admin/rota", "Published the rota from {date}")]),
    task(8, &[opens("admin/bookings", "Opened the bookings of {date}")]),
    task(5, &[opens("admin/members", "Looked a member up"), changes("admin/members", "Changed a member’s {change}")]),
];

/// The first visit of a new member.
pub static JOINING: &[Scene] = &[
    Scene::new("account_claimed", "members/claim", "Claimed the account from an invitation"),
    Scene::new("onboarding_updated", "members/onboarding", "Finished step 1 of 5: about you").extra(Extra::Fields),
    Scene::new("onboarding_updated", "members/onboarding", "Finished step 2 of 5: where you live"),
    Scene::new("onboarding_updated", "members/onboarding", "Finished step 3 of 5: about your dog ({dog})")
        .warns(9, "Finished step 3 of 5: no vaccination dates yet for {dog}"),
    Scene::new("onboarding_updated", "members/onboarding", "Finished step 4 of 5: emergency contact"),
    Scene::new("contract_signed", "members/contract/sign", "Signed the {year} service agreement").extra(Extra::Fields),
    Scene::new("onboarding_updated", "members/onboarding", "Finished step 5 of 5: all done 🎉"),
];

/// How the page of an area is opened before something fails in it, and what a success looks like there.
#[derive(Debug)]
pub struct Remedy {
    /// The area.
    pub area: &'static str,
    /// Opening the page.
    pub opens: Scene,
    /// The success; `None` where pages are only looked at.
    pub succeeds: Option<Scene>,
}

const fn remedy(opens: Scene, succeeds: Scene) -> Remedy {
    Remedy { area: opens.area, opens, succeeds: Some(succeeds) }
}

const fn page_only(opens: Scene) -> Remedy {
    Remedy { area: opens.area, opens, succeeds: None }
}

/// For every area in which something can fail.
pub static REMEDIES: &[Remedy] = &[
    remedy(opens("members/bookings/new", "Opened the booking form"), Scene { warns: 0, ..BOOKS }),
    remedy(
        opens("members/bookings", "Opened “My bookings”"),
        changes("members/bookings", "Changed the pick-up notes of a booking"),
    ),
    remedy(
        opens("members/bookings/reschedule", "Opened the calendar to move a booking"),
        Scene::new("booking_created", "members/bookings/reschedule", "Moved {service} to {when}")
            .booking(Booking::Makes)
            .extra(Extra::Service),
    ),
    remedy(
        opens("members/billing", "Opened the billing page"),
        changes("members/billing", "Paid invoice {invoice} ({amount})").extra(Extra::Payment),
    ),
    page_only(opens("members/billing/invoices", "Opened the invoices")),
    remedy(
        opens("members/login", "Opened the sign-in page"),
        Scene::new("login", "members/login", "Signed in with a password"),
    ),
    remedy(
        opens("members/claim", "Opened an invitation"),
        Scene::new("account_claimed", "members/claim", "Claimed the account from a new invitation"),
    ),
    remedy(
        opens("members/contract/sign", "Opened the service agreement"),
        Scene::new("contract_signed", "members/contract/sign", "Signed the {year} service agreement"),
    ),
    remedy(
        opens("members/onboarding", "Opened step 4 of 5"),
        Scene::new("onboarding_updated", "members/onboarding", "Finished step 4 of 5: emergency contact"),
    ),
    page_only(opens("members/dashboard", "Opened the dashboard")),
    remedy(
        opens("members/messages", "Opened the messages"),
        changes("members/messages", "Answered {walker}").extra(Extra::Nothing),
    ),
    remedy(opens("members/profile", "Opened the profile"), changes("members/profile", "Changed {change}")),
    remedy(
        opens("members/pets/photo", "Opened the photos of {dog}"),
        changes("members/pets/photo", "Uploaded a photo of {dog}").extra(Extra::Photo),
    ),
    page_only(opens("members/pets/tree", "Opened the family tree of {dog}")),
    remedy(opens("members/pets", "Opened “My dogs”"), changes("members/pets", "Changed the details of {dog}")),
    page_only(opens("members/reports", "Opened the report of the last walk")),
    remedy(opens("admin/rota", "Opened the rota"), changes("admin/rota", "Published the rota from {date}")),
];
