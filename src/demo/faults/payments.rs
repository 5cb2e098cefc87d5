//! Faults of cards, payments and invoices.

use super::library::{ENDPOINT, HTTPCORE, HTTPX, WEB};
use super::{Cause, FAULT, Fault, Frame, Link, Rhythm, app, lib, std};

const BILLING: &str = "members/billing";
const INVOICES: &str = "members/billing/invoices";

/// From the page to the payment provider's client.
const CHARGE: &[Frame] = &[
    app("members/billing/routes.py", 64, "pay", "receipt = await payments.charge(invoice, card)")
        .under("await payments.charge(invoice, card)"),
    app("billing/payments.py", 112, "charge", "answer = await self._post(\"/v1/charges\", body)"),
    app("billing/payments.py", 47, "_post", "response = await self.client.post(path, json=body, timeout=10)"),
];

/// All of them.
pub static FAULTS: &[Fault] = &[
    Fault {
        class: "httpx.ReadTimeout",
        message: "payment provider did not answer within 10 s (attempt {attempt} of 3)",
        area: BILLING,
        description: "Card payment did not go through",
        calls: &[ENDPOINT, CHARGE, HTTPX],
        cause: Some(Cause { link: Link::Because, class: "httpcore.ReadTimeout", message: "", calls: HTTPCORE }),
        weight: 20,
        rhythm: Rhythm::Chronic,
        ..FAULT
    },
    Fault {
        class: "httpx.ConnectError",
        message: "[Errno -2] Name or service not known",
        area: BILLING,
        description: "Payment provider could not be reached",
        calls: &[WEB, CHARGE, HTTPX],
        weight: 22,
        rhythm: Rhythm::Storms,
        ..FAULT
    },
    Fault {
        class: "clubhouse.billing.errors.CardDeclined",
        message: "card ending {card} declined: insufficient_funds (charge ch_{hex})",
        area: BILLING,
        description: "Card was declined",
        calls: &[
            WEB,
            CHARGE,
            &[app(
                "billing/payments.py",
                121,
                "charge",
                "raise CardDeclined(card.last4, answer[\"decline_code\"], answer[\"id\"])",
            )],
        ],
        weight: 16,
        rhythm: Rhythm::Chronic,
        ..FAULT
    },
    Fault {
        class: "json.decoder.JSONDecodeError",
        message: "Expecting value: line 1 column 1 (char 0)",
        area: BILLING,
        description: "Payment provider’s answer could not be read",
        calls: &[
            WEB,
            &[
                app("members/billing/routes.py", 64, "pay", "receipt = await payments.charge(invoice, card)"),
                app("billing/payments.py", 51, "_post", "return response.json()"),
                lib("httpx/_models.py", 832, "json", "return jsonlib.loads(self.content, **kwargs)"),
                std("json/__init__.py", 346, "loads", "return _default_decoder.decode(s)"),
                std(
                    "json/decoder.py",
                    355,
                    "raw_decode",
                    "raise JSONDecodeError(\"Expecting value\", s, err.value) from None",
                ),
            ],
        ],
        weight: 9,
        rhythm: Rhythm::Storms,
        ..FAULT
    },
    Fault {
        class: "ssl.SSLCertVerificationError",
        message: "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: certificate has expired (_ssl.c:1000)",
        area: BILLING,
        description: "Payment provider’s certificate was not accepted",
        calls: &[
            WEB,
            &[
                app("members/billing/routes.py", 39, "billing", "cards = await payments.cards(member)"),
                app("billing/payments.py", 88, "cards", "async with self.secure_connection() as connection:"),
                std("asyncio/sslproto.py", 578, "_on_handshake_complete", "raise handshake_exc"),
                std("asyncio/sslproto.py", 560, "_do_handshake", "self._sslobj.do_handshake()"),
                std("ssl.py", 917, "do_handshake", "self._sslobj.do_handshake()"),
            ],
        ],
        weight: 12,
        rhythm: Rhythm::Storms,
        ..FAULT
    },
    Fault {
        class: "TypeError",
        message: "unsupported operand type(s) for +: 'decimal.Decimal' and 'float'",
        area: BILLING,
        description: "Discount could not be added",
        calls: &[
            WEB,
            &[
                app("members/billing/routes.py", 41, "billing", "total = prices.total(invoice)"),
                app(
                    "billing/prices.py",
                    156,
                    "total",
                    "return sum(line.amount + line.discount for line in invoice.lines)",
                ),
                app(
                    "billing/prices.py",
                    156,
                    "<genexpr>",
                    "return sum(line.amount + line.discount for line in invoice.lines)",
                )
                .under("line.amount + line.discount"),
            ],
        ],
        weight: 9,
        services: &["day_care", "solo_walk"],
        ..FAULT
    },
    Fault {
        class: "clubhouse.billing.errors.AmountMismatch",
        message: "expected {amount}, provider charged {other_amount} (invoice {invoice})",
        area: BILLING,
        description: "Charged amount differs from the invoice",
        calls: &[
            WEB,
            CHARGE,
            &[app(
                "billing/payments.py",
                127,
                "charge",
                "raise AmountMismatch(invoice.total, answer[\"amount\"], invoice.number)",
            )],
        ],
        weight: 4,
        rhythm: Rhythm::Rare,
        ..FAULT
    },
    Fault {
        class: "UnicodeEncodeError",
        message: "'latin-1' codec can't encode character '\\u0142' in position {attempt}: ordinal not in range(256)",
        area: INVOICES,
        description: "Invoice could not be written",
        calls: &[
            WEB,
            &[
                app(
                    "members/billing/routes.py",
                    102,
                    "invoice_pdf",
                    "pdf = await to_thread.run_sync(invoices.pdf, invoice)",
                ),
                app("billing/invoices.py", 83, "pdf", "page.cell(text=invoice.member.name)"),
                lib(
                    "fpdf/fpdf.py",
                    3421,
                    "normalize_text",
                    "return text.encode(self.core_fonts_encoding).decode(\"latin-1\")",
                ),
            ],
        ],
        weight: 8,
        ..FAULT
    },
    Fault {
        class: "OSError",
        message: "[Errno 28] No space left on device: '/var/lib/clubhouse/invoices/{invoice}.pdf'",
        area: INVOICES,
        description: "Invoice could not be saved",
        calls: &[
            WEB,
            &[
                app("members/billing/routes.py", 104, "invoice_pdf", "path = await invoices.store(pdf)"),
                app("billing/invoices.py", 97, "store", "path.write_bytes(pdf)"),
                std("pathlib.py", 1036, "write_bytes", "return f.write(view)"),
            ],
        ],
        weight: 20,
        rhythm: Rhythm::Storms,
        ..FAULT
    },
    Fault {
        class: "FileNotFoundError",
        message: "[Errno 2] No such file or directory: '/var/lib/clubhouse/invoices/{invoice}.pdf'",
        area: INVOICES,
        description: "Invoice could not be found",
        calls: &[
            WEB,
            &[
                app("members/billing/routes.py", 98, "invoice_pdf", "return FileResponse(invoices.path(number))"),
                lib(
                    "starlette/responses.py",
                    353,
                    "__call__",
                    "stat_result = await anyio.to_thread.run_sync(os.stat, self.path)",
                ),
            ],
        ],
        weight: 6,
        rhythm: Rhythm::Chronic,
        recorded_as: "page_visit",
        ..FAULT
    },
];
