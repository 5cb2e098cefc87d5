//! The OpenAPI document, written from the operations.

use serde_json::{Map, Value, json};

use super::super::intake::{BYTES, LINES, SMALL};
use super::{
    ALWAYS, Answer, Holds, OPERATIONS, Operation, Parameter, Sends, examples,
    fields::{self, Field, Type},
};
use crate::web::problem::{API, Kind};

/// The document (OpenAPI 3.1).
#[must_use]
pub fn document() -> Value {
    let mut paths: Map<String, Value> = Map::new();
    for operation in OPERATIONS {
        let path = paths.entry(operation.path).or_insert_with(|| json!({}));
        path[operation.method.to_ascii_lowercase()] = describe(operation);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Daybook",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Entries of an audit log in and out. Errors are problem details (RFC 9457).",
            "license": {"name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0"}
        },
        "servers": [{"url": API}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": "An API token, from daybook token create or the page API tokens."}
            },
            "schemas": schemas(),
            "responses": problems(),
            "headers": headers()
        }
    })
}

fn describe(operation: &Operation) -> Value {
    let mut parameters: Vec<Value> = operation.query.iter().map(parameter).collect();
    if operation.has_id() {
        let id = json!({"name": "id", "in": "path", "required": true, "schema": {"type": "string", "format": "uuid"}});
        parameters.push(id);
    }
    let mut responses = Map::new();
    for answer in operation.answers {
        responses.insert(answer.status.to_string(), answered(answer));
    }
    let mut kinds: Vec<Kind> = operation.problems.iter().chain(ALWAYS).copied().collect();
    kinds.sort_by_key(|kind| kind.status());
    for kind in kinds {
        responses
            .entry(kind.status().to_string())
            .or_insert_with(|| json!({"$ref": format!("#/components/responses/{}", kind.status())}));
    }
    let mut out = json!({
        "operationId": operation.id,
        "summary": operation.title,
        "description": format!("{} Needs the scope {}.", operation.about, operation.scope),
        "parameters": parameters,
        "responses": responses
    });
    if let Some(sends) = operation.body {
        out["requestBody"] = json!({"required": true, "description": bounds(sends), "content": content(sends)});
    }
    out
}

fn bounds(sends: Sends) -> String {
    match sends {
        Sends::Entries => format!("At most {} MiB and {LINES} lines, not compressed.", BYTES / 1024 / 1024),
        Sends::Member | Sends::Booking => format!("At most {} KiB, not compressed.", SMALL / 1024),
    }
}

fn content(sends: Sends) -> Value {
    let schema = |name: &str| json!({"$ref": format!("#/components/schemas/{name}")});
    match sends {
        Sends::Entries => json!({
            "application/json": {"schema": schema("NewEntry"), "example": examples::sent(sends)},
            "application/x-ndjson": {"schema": {"type": "string", "format": "ndjson", "description": "An entry a line, as in NewEntry."}, "example": examples::lines()}
        }),
        Sends::Member => json!({"application/json": {"schema": schema("Member"), "example": examples::sent(sends)}}),
        Sends::Booking => json!({"application/json": {"schema": schema("Booking"), "example": examples::sent(sends)}}),
    }
}

fn answered(answer: &Answer) -> Value {
    let mut out = json!({"description": answer.about, "headers": rate_headers()});
    let name = match answer.holds {
        Holds::Receipt => "Receipt",
        Holds::Entries => "Entries",
        Holds::Entry => "Entry",
        Holds::Empty => "Empty",
        Holds::Nothing => return out,
    };
    out["content"] = json!({"application/json": {
        "schema": {"$ref": format!("#/components/schemas/{name}")},
        "example": examples::answered(answer.holds)
    }});
    out
}

fn rate_headers() -> Value {
    json!({
        "RateLimit": {"$ref": "#/components/headers/RateLimit"},
        "RateLimit-Policy": {"$ref": "#/components/headers/RateLimit-Policy"}
    })
}

fn headers() -> Value {
    json!({
        "RateLimit": {"description": "What is left of the token's quota, and the seconds until it is whole again.", "schema": {"type": "string"}, "example": "\"read\";r=599;t=1"},
        "RateLimit-Policy": {"description": "The token's quota and its window in seconds.", "schema": {"type": "string"}, "example": "\"read\";q=600;w=60"},
        "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 1}}
    })
}

fn parameter(parameter: &Parameter) -> Value {
    let mut schema = json!({"type": "string"});
    if !parameter.values.is_empty() {
        // An empty value is an absent one.
        schema["enum"] = parameter.values.iter().chain([&""]).copied().collect();
    }
    if parameter.many {
        schema = json!({"type": "array", "items": schema});
    }
    let only = if parameter.detail { " Not for owners who are viewers." } else { "" };
    json!({
        "name": parameter.name, "in": "query", "required": false, "schema": schema,
        "description": format!("{}{only}", parameter.about)
    })
}

fn schemas() -> Value {
    json!({
        "NewEntry": sent(fields::ENTRY),
        "Member": sent(fields::MEMBER),
        "Booking": sent(fields::BOOKING),
        "Entry": read(fields::ENTRY),
        "Entries": {
            "type": "object", "required": ["entries", "older", "newer"],
            "properties": {
                "entries": {"type": "array", "items": {"$ref": "#/components/schemas/Entry"}},
                "older": {"type": ["string", "null"], "format": "uri", "description": "The next older page; null at the end."},
                "newer": {"type": ["string", "null"], "format": "uri", "description": "The next newer page; null on the first."}
            }
        },
        "Receipt": {
            "type": "object", "required": ["created", "duplicate", "ids"],
            "properties": {
                "created": {"type": "integer", "minimum": 0, "description": "How many are new."},
                "duplicate": {"type": "integer", "minimum": 0, "description": "How many stood already."},
                "ids": {"type": "array", "items": {"type": "string", "format": "uuid"}, "description": "The ids of all, in the order sent."}
            }
        },
        "Empty": {"type": "object"},
        "Problem": {
            "type": "object", "required": ["type", "title", "status", "detail"],
            "properties": {
                "type": {"type": "string", "format": "uri-reference", "description": "Names the kind; it is explained there."},
                "title": {"type": "string"},
                "status": {"type": "integer"},
                "detail": {"type": "string"},
                "incident": {"type": "string", "description": "The number under which a fault stands in Daybook's log."},
                "errors": {"type": "array", "maxItems": crate::web::problem::LISTED, "items": {
                    "type": "object", "required": ["field", "reason"],
                    "properties": {
                        "line": {"type": "integer", "minimum": 1},
                        "field": {"type": ["string", "null"]},
                        "reason": {"type": "string"}
                    }
                }}
            }
        }
    })
}

/// Each status with the problems that it may stand for.
fn problems() -> Value {
    let mut out = Map::new();
    for kind in Kind::ALL {
        let same: Vec<Kind> = Kind::ALL.iter().copied().filter(|other| other.status() == kind.status()).collect();
        let about: Vec<String> = same.iter().map(|kind| format!("{}: {}", kind.slug(), kind.about())).collect();
        let examples: Map<String, Value> =
            same.iter().map(|kind| (kind.slug().to_owned(), json!({"value": example(*kind)}))).collect();
        let mut response = json!({
            "description": about.join("\n\n"),
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}, "examples": examples}}
        });
        if matches!(kind, Kind::TooMany | Kind::Unavailable) {
            response["headers"] = json!({"Retry-After": {"$ref": "#/components/headers/Retry-After"}});
        }
        out.insert(kind.status().to_string(), response);
    }
    Value::Object(out)
}

fn example(kind: Kind) -> Value {
    let mut out = json!({
        "type": format!("/api/docs#{}", kind.slug()),
        "title": kind.title(),
        "status": kind.status(),
        "detail": kind.about()
    });
    match kind {
        Kind::Invalid => out["errors"] = json!([{"line": 2, "field": "area", "reason": "is needed"}]),
        Kind::Conflict => {
            out["errors"] =
                json!([{"line": 1, "field": "description", "reason": "is not what stands in the entry with this id"}]);
        }
        Kind::Fault => out["incident"] = json!("INC-7F3K-2Q9M"),
        _ => {}
    }
    out
}

/// An object as it is sent: what it does not name is refused.
fn sent(fields: &[Field]) -> Value {
    let needed: Vec<&str> = fields.iter().filter(|field| field.needed).map(|field| field.name).collect();
    let bounded = |field: &Field| {
        let mut out = property(field, !field.needed);
        match field.holds {
            Type::Text(longest) => out["maxLength"] = json!(longest),
            Type::Word(longest) => {
                out["minLength"] = json!(1);
                out["pattern"] = json!(r"\S");
                out["maxLength"] = json!(longest);
            }
            Type::Json => out["description"] = json!(format!("{} {}.", field.about, field.words())),
            Type::Id | Type::Instant | Type::LongText => {}
        }
        out
    };
    let properties: Map<String, Value> = fields.iter().map(|field| (field.name.to_owned(), bounded(field))).collect();
    json!({"type": "object", "required": needed, "properties": properties, "additionalProperties": false})
}

/// An object as it is read: what the token's owner does not see is not in it. A table that an application made may lack
/// columns, which are `null`, and hold longer texts than are taken here.
fn read(fields: &[Field]) -> Value {
    let always: Vec<&str> = fields.iter().filter(|field| !field.detail).map(|field| field.name).collect();
    let properties: Map<String, Value> = fields
        .iter()
        .map(|field| (field.name.to_owned(), property(field, !ALWAYS_THERE.contains(&field.name))))
        .collect();
    json!({
        "type": "object", "required": always, "properties": properties,
        "description": "An entry. What is absent is null, as is a column that the application's own table lacks; what only support and admins see is not there for viewers."
    })
}

/// What every entry has, whatever table it stands in.
const ALWAYS_THERE: [&str; 2] = ["id", "timestamp"];

fn property(field: &Field, nullable: bool) -> Value {
    if field.holds == Type::Json {
        return json!({"description": field.about});
    }
    let mut out = json!({
        "type": if nullable { json!(["string", "null"]) } else { json!("string") },
        "description": field.about
    });
    match field.holds {
        Type::Id => out["format"] = json!("uuid"),
        Type::Instant => out["format"] = json!("date-time"),
        Type::Text(_) | Type::Word(_) | Type::LongText | Type::Json => {}
    }
    out
}
