//! Faults of the booking form.

use super::library::{ENDPOINT, EXECUTE, FLUSH, WEB};
use super::{Cause, FAULT, Fault, Link, Rhythm, app, lib, std};

const NEW: &str = "members/bookings/new";

/// The rota of a week is loaded while somebody books a walk in a group.
pub static NO_WALKER: Fault = Fault {
    class: "AttributeError",
    message: "'NoneType' object has no attribute 'walker_id'",
    area: NEW,
    description: "Booking could not be confirmed",
    calls: &[
        WEB,
        &[
            app("members/bookings/routes.py", 88, "create_booking", "booking = await service.confirm(form, member)")
                .under("await service.confirm(form, member)"),
            app("bookings/service.py", 214, "confirm", "walker_id = await self._pick_walker(slot, form.service_type)"),
            lib("sqlalchemy/ext/asyncio/session.py", 481, "run_sync", "return await greenlet_spawn("),
            app("bookings/service.py", 247, "_pick_walker", "return slot.default_rota.walker_id")
                .under("slot.default_rota.walker_id"),
        ],
    ],
    weight: 25,
    rhythm: Rhythm::Storms,
    services: &["group_walk", "puppy_group"],
    ..FAULT
};

/// All others.
pub static FAULTS: &[Fault] = &[
    Fault {
        class: "clubhouse.bookings.errors.SlotTaken",
        message: "slot {slot} was taken {n} s before",
        area: NEW,
        description: "The slot was taken while the form was open",
        calls: &[
            WEB,
            &[
                app(
                    "members/bookings/routes.py",
                    88,
                    "create_booking",
                    "booking = await service.confirm(form, member)",
                ),
                app("bookings/service.py", 203, "confirm", "await self._hold(slot, member)")
                    .under("self._hold(slot, member)"),
                app("bookings/slots.py", 61, "hold", "raise SlotTaken(slot.id, taken.age)"),
            ],
        ],
        weight: 14,
        rhythm: Rhythm::Chronic,
        services: &["solo_walk", "group_walk", "drop_in", "grooming"],
        ..FAULT
    },
    Fault {
        class: "sqlalchemy.exc.IntegrityError",
        message: "duplicate key value violates unique constraint \"uq_booking_slot\"",
        detail: &[
            "DETAIL:  Key (member_id, slot_id)=({uuid}, {slot}) already exists.",
            "[SQL: INSERT INTO bookings (member_id, slot_id, service_type, id) VALUES ($1::UUID, $2::INTEGER, $3::VARCHAR, $4::UUID)]",
            "(Background on this error at: https://sqlalche.me/e/20/gkpj)",
        ],
        area: NEW,
        description: "Booking was sent twice",
        calls: &[
            ENDPOINT,
            &[
                app(
                    "members/bookings/routes.py",
                    88,
                    "create_booking",
                    "booking = await service.confirm(form, member)",
                ),
                app("bookings/service.py", 229, "confirm", "await session.flush()"),
            ],
            FLUSH,
        ],
        cause: Some(Cause {
            link: Link::Because,
            class: "asyncpg.exceptions.UniqueViolationError",
            message: "duplicate key value violates unique constraint \"uq_booking_slot\"",
            calls: EXECUTE,
        }),
        weight: 12,
        rhythm: Rhythm::Chronic,
        services: &["solo_walk", "group_walk"],
        ..FAULT
    },
    Fault {
        class: "TimeoutError",
        message: "",
        area: NEW,
        description: "The rota did not answer in time",
        calls: &[
            ENDPOINT,
            &[
                app("members/bookings/routes.py", 71, "booking_form", "week = await rota.week(date)"),
                app("rota/week.py", 33, "week", "async with asyncio.timeout(4):").under("asyncio.timeout(4)"),
                std("asyncio/timeouts.py", 115, "__aexit__", "raise TimeoutError from exc_val"),
            ],
        ],
        cause: Some(Cause {
            link: Link::Because,
            class: "asyncio.exceptions.CancelledError",
            message: "",
            calls: &[
                app("rota/week.py", 36, "week", "rows = await session.scalars(query)"),
                lib("sqlalchemy/ext/asyncio/session.py", 567, "scalars", "result = await self.execute("),
                lib("asyncpg/protocol/protocol.pyx", 207, "bind_execute", ""),
            ],
        }),
        weight: 9,
        rhythm: Rhythm::Storms,
        ..FAULT
    },
    Fault {
        class: "ExceptionGroup",
        message: "unhandled errors in a TaskGroup (2 sub-exceptions)",
        area: NEW,
        description: "Several walkers could not be asked",
        calls: &[
            ENDPOINT,
            &[
                app("members/bookings/routes.py", 97, "ask_walkers", "await walkers.ask_all(slot)"),
                app("rota/walkers.py", 52, "ask_all", "async with asyncio.TaskGroup() as group:"),
                std("asyncio/taskgroups.py", 145, "__aexit__", "raise me from None"),
            ],
        ],
        group: &[
            Cause {
                link: Link::During,
                class: "clubhouse.rota.errors.WalkerAway",
                message: "walker {n} is away until {date}",
                calls: &[app("rota/walkers.py", 71, "ask", "raise WalkerAway(walker.id, walker.back_on)")],
            },
            Cause {
                link: Link::During,
                class: "ConnectionResetError",
                message: "[Errno 104] Connection reset by peer",
                calls: &[
                    app("rota/walkers.py", 66, "ask", "answer = await push.ask(walker.device, slot)"),
                    std(
                        "asyncio/selector_events.py",
                        1005,
                        "_read_ready__data_received",
                        "data = self._sock.recv(self.max_size)",
                    ),
                ],
            },
        ],
        weight: 6,
        services: &["day_care", "boarding"],
        ..FAULT
    },
    Fault {
        class: "decimal.InvalidOperation",
        message: "[<class 'decimal.ConversionSyntax'>]",
        area: NEW,
        description: "Price could not be worked out",
        calls: &[
            WEB,
            &[
                app("members/bookings/routes.py", 83, "create_booking", "price = prices.quote(form)"),
                app("billing/prices.py", 118, "quote", "nights = Decimal(form.nights)").under("Decimal(form.nights)"),
            ],
        ],
        weight: 7,
        services: &["boarding"],
        ..FAULT
    },
    Fault {
        class: "asyncpg.exceptions.DeadlockDetectedError",
        message: "deadlock detected",
        detail: &[
            "DETAIL:  Process {n} waits for ShareLock on transaction {slot}; blocked by process {invoice}.",
            "HINT:  See server log for query details.",
        ],
        area: NEW,
        description: "Two bookings waited for each other",
        calls: &[
            WEB,
            &[
                app(
                    "members/bookings/routes.py",
                    88,
                    "create_booking",
                    "booking = await service.confirm(form, member)",
                ),
                app("bookings/slots.py", 47, "lock", "await session.execute(select(Slot).with_for_update())"),
            ],
            EXECUTE,
        ],
        weight: 6,
        rhythm: Rhythm::Storms,
        services: &["group_walk", "solo_walk", "drop_in"],
        ..FAULT
    },
    Fault {
        class: "pydantic_core._pydantic_core.ValidationError",
        message: "2 validation errors for BookingForm",
        detail: &[
            "coat",
            "  Input should be 'short', 'long' or 'wire' [type=enum, input_value='{dog}', input_type=str]",
            "    For further information visit https://errors.pydantic.dev/2.11/v/enum",
            "starts_at",
            "  Input should be a valid datetime, input is too short [type=datetime_parsing, input_value='{date}', input_type=str]",
            "    For further information visit https://errors.pydantic.dev/2.11/v/datetime_parsing",
        ],
        area: NEW,
        description: "Booking form was not understood",
        calls: &[
            WEB,
            &[
                app("members/bookings/routes.py", 79, "create_booking", "form = BookingForm.model_validate(fields)"),
                lib("pydantic/main.py", 705, "model_validate", "return cls.__pydantic_validator__.validate_python("),
            ],
        ],
        weight: 8,
        services: &["grooming"],
        ..FAULT
    },
];
