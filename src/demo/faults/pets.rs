//! Faults of dogs, their photos and walk reports, and of the pages for staff.

use super::library::{BOTO, THREAD, WEB};
use super::{FAULT, Fault, Rhythm, app, lib, std};

const PHOTO: &str = "members/pets/photo";

/// All of them.
pub static FAULTS: &[Fault] = &[
    Fault {
        class: "botocore.errorfactory.NoSuchKey",
        message: "pets/{slot}/original.heic",
        area: PHOTO,
        description: "Photo could not be found",
        calls: &[
            WEB,
            &[
                app("members/pets/routes.py", 134, "photo", "data = await photos.original(pet)"),
                app("pets/photos.py", 52, "original", "return self.store.get_object(Bucket=self.bucket, Key=key)"),
            ],
            BOTO,
        ],
        weight: 8,
        ..FAULT
    },
    Fault {
        class: "botocore.exceptions.ClientError",
        message: "An error occurred (SlowDown) when calling the PutObject operation (reached max retries: 4): Please reduce your request rate.",
        area: PHOTO,
        description: "Photo could not be stored",
        calls: &[
            WEB,
            &[
                app("members/pets/routes.py", 118, "upload_photo", "await photos.store(pet, upload)"),
                app("pets/photos.py", 77, "store", "self.store.put_object(Bucket=self.bucket, Key=key, Body=data)"),
            ],
            BOTO,
        ],
        weight: 12,
        rhythm: Rhythm::Storms,
        ..FAULT
    },
    Fault {
        class: "PIL.UnidentifiedImageError",
        message: "cannot identify image file <_io.BytesIO object at {address}>",
        area: PHOTO,
        description: "Photo could not be read",
        calls: &[
            WEB,
            &[app(
                "members/pets/routes.py",
                112,
                "upload_photo",
                "small = await to_thread.run_sync(photos.shrink, data)",
            )],
            THREAD,
            &[
                app("pets/photos.py", 31, "shrink", "image = Image.open(BytesIO(data))"),
                lib("PIL/Image.py", 3572, "open", "raise UnidentifiedImageError(msg)"),
            ],
        ],
        weight: 13,
        rhythm: Rhythm::Chronic,
        ..FAULT
    },
    Fault {
        class: "PIL.Image.DecompressionBombError",
        message: "Image size ({pixels} pixels) exceeds limit of 178956970 pixels, could be decompression bomb DOS attack.",
        area: PHOTO,
        description: "Photo was too large to be resized",
        calls: &[
            WEB,
            &[app(
                "members/pets/routes.py",
                112,
                "upload_photo",
                "small = await to_thread.run_sync(photos.shrink, data)",
            )],
            THREAD,
            &[
                app("pets/photos.py", 33, "shrink", "image.thumbnail((1600, 1600))"),
                lib("PIL/Image.py", 3429, "_decompression_bomb_check", "raise DecompressionBombError(msg)"),
            ],
        ],
        weight: 5,
        rhythm: Rhythm::Rare,
        ..FAULT
    },
    Fault {
        class: "RecursionError",
        message: "maximum recursion depth exceeded",
        area: "members/pets/tree",
        description: "Family tree could not be drawn",
        calls: &[
            WEB,
            &[
                app("pets/routes.py", 34, "family_tree", "return list(tree.walk(root))"),
                app("pets/tree.py", 61, "walk", "yield from self.walk(child, depth + 1)"),
                app("pets/tree.py", 61, "walk", "yield from self.walk(child, depth + 1)"),
                app("pets/tree.py", 61, "walk", "yield from self.walk(child, depth + 1)").repeated(975),
            ],
        ],
        weight: 6,
        rhythm: Rhythm::Rare,
        ..FAULT
    },
    Fault {
        class: "ValueError",
        message: "microchip number must have 15 digits, not {small}",
        area: "members/pets",
        description: "Dog could not be saved",
        calls: &[
            WEB,
            &[
                app("members/pets/routes.py", 71, "save_pet", "pet.chip = chips.check(form[\"chip\"])"),
                app(
                    "pets/chips.py",
                    18,
                    "check",
                    "raise ValueError(f\"microchip number must have 15 digits, not {len(digits)}\")",
                ),
            ],
        ],
        weight: 9,
        rhythm: Rhythm::Chronic,
        ..FAULT
    },
    Fault {
        class: "ZeroDivisionError",
        message: "float division by zero",
        area: "members/reports",
        description: "Walk report has no distance",
        calls: &[
            WEB,
            &[
                app("members/reports/routes.py", 43, "report", "summary = reports.summary(walk)"),
                app("reports/summary.py", 29, "summary", "pace = walk.seconds / walk.metres")
                    .under("walk.seconds / walk.metres"),
            ],
        ],
        weight: 8,
        services: &["group_walk", "solo_walk", "puppy_group"],
        ..FAULT
    },
    Fault {
        class: "xml.etree.ElementTree.ParseError",
        message: "no element found: line {n}, column 0",
        area: "members/reports",
        description: "Track of the walk could not be read",
        calls: &[
            WEB,
            &[
                app("members/reports/routes.py", 58, "track", "points = gpx.points(walk.track)"),
                app("reports/gpx.py", 14, "points", "root = ElementTree.fromstring(text)"),
                std("xml/etree/ElementTree.py", 1335, "XML", "parser.feed(text)"),
            ],
        ],
        weight: 7,
        rhythm: Rhythm::Rare,
        ..FAULT
    },
    Fault {
        class: "UnboundLocalError",
        message: "cannot access local variable 'substitute' where it is not associated with a value",
        area: "admin/rota",
        description: "Rota could not be published",
        calls: &[
            WEB,
            &[
                app("admin/rota/routes.py", 82, "publish", "await rota.publish(week)"),
                app("rota/week.py", 97, "publish", "slot.walker = substitute").under("substitute"),
            ],
        ],
        weight: 40,
        rhythm: Rhythm::Chronic,
        ..FAULT
    },
];
