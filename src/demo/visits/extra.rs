//! What the application writes into `extra`, as the text that Python's `json.dumps` gives.

use super::tasks::Extra;
use crate::demo::dice::Dice;
use crate::demo::phrase::{Service, Values, fill};

static FIELDS: &[&str] = &["phone", "emergency_contact", "vet", "door_code", "address", "language", "reminders"];

/// The text for a scene; `None` where the application adds nothing.
pub fn of_scene(extra: Extra, values: &Values<'_>, dice: &mut Dice) -> Option<String> {
    let service = values.service.key;
    match extra {
        Extra::Service => Some(format!(r#"{{"service_type": "{service}"}}"#)),
        Extra::Form => Some(format!(
            r#"{{"service_type": "{service}", "slot_id": {}, "dogs": ["{}"], "form": {}}}"#,
            values.slot,
            values.dog,
            form(values, dice)
        )),
        Extra::Fields if !dice.one_in(3) => {
            let (one, other) = (dice.pick(FIELDS), dice.pick(FIELDS));
            Some(format!(r#"{{"fields": ["{one}", "{other}"], "confirmed": {}}}"#, dice.one_in(2)))
        }
        Extra::Payment => Some(format!(
            // More digits than a float holds: whoever reads it as a number loses some.
            r#"{{"provider": "example-pay", "sequence": 9{:026}, "amount": {}.{:02}, "saved_card": {}}}"#,
            values.bits % 10_u128.pow(26),
            values.number,
            values.slot % 100,
            dice.one_in(2)
        )),
        Extra::Photo => Some(format!(
            r#"{{"format": "{}", "bytes": {}, "size": [{}, {}], "exif": {{"rotated": {}, "gps": null}}}}"#,
            dice.pick(&["heic", "jpeg", "png", "webp"]),
            values.slot * 97,
            1200 + dice.below(2800),
            900 + dice.below(2100),
            dice.one_in(2)
        )),
        Extra::Timing if dice.one_in(7) => {
            let from = dice.pick(&["e-mail", "bookmark", "search", "push"]);
            Some(format!(r#"{{"from": "{from}", "duration_ms": {}}}"#, dice.between(18, 2400)))
        }
        Extra::Nothing | Extra::Fields | Extra::Timing => None,
    }
}

/// The text for a failure, with the service where the fault has to do with one.
pub fn of_failure(service: Option<Service>, values: &Values<'_>, dice: &mut Dice) -> String {
    let attempt = values.attempt;
    match service {
        Some(service) => format!(
            r#"{{"service_type": "{}", "slot_id": {}, "dogs": ["{}"], "attempt": {attempt}, "form": {}}}"#,
            service.key,
            values.slot,
            values.dog,
            form(values, dice)
        ),
        None => fill(&format!(r#"{{"request": "{{uuid}}", "attempt": {attempt}, "release": null}}"#), values),
    }
}

fn form(values: &Values<'_>, dice: &mut Dice) -> String {
    let note = dice.pick(&["null", "null", "\"\"", "\"Gate code has changed\"", "\"Please ring twice 🔔\""]);
    let weekly = dice.one_in(4);
    format!(r#"{{"date": "{}", "repeat_weekly": {weekly}, "note": {note}}}"#, values.booked.format("%Y-%m-%d"))
}

/// The text for a sign-in.
pub fn of_sign_in(zone: &str, dice: &mut Dice) -> Option<String> {
    dice.one_in(4).then(|| format!(r#"{{"time_zone": "{zone}", "remember": {}}}"#, dice.one_in(2)))
}
