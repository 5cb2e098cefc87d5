//! Faults of signing in, joining, contracts, the profile and messages.

use super::library::{CHECKOUT, ENDPOINT, EXECUTE, FLUSH, WEB};
use super::{Cause, FAULT, Fault, Link, Rhythm, app, frozen, lib, std};

/// All of them.
pub static FAULTS: &[Fault] = &[
    Fault {
        class: "redis.exceptions.ConnectionError",
        message: "Error 111 connecting to redis:6379. Connection refused.",
        area: "members/login",
        description: "Sign-in could not be completed",
        calls: &[
            ENDPOINT,
            &[
                app("members/auth/routes.py", 58, "sign_in", "session = await sessions.begin(member)"),
                app("web/sessions.py", 34, "begin", "await self.redis.set(key, data, ex=self.lifetime)"),
                lib(
                    "redis/asyncio/client.py",
                    672,
                    "execute_command",
                    "conn = self.connection or await pool.get_connection()",
                ),
                lib("redis/asyncio/connection.py", 298, "connect", "raise ConnectionError(self._error_message(e))"),
            ],
        ],
        cause: Some(Cause {
            link: Link::During,
            class: "ConnectionRefusedError",
            message: "[Errno 111] Connect call failed ('192.0.2.{small}', 6379)",
            calls: &[
                lib("redis/asyncio/connection.py", 293, "connect", "await self.retry.call_with_retry("),
                std("asyncio/base_events.py", 1026, "_connect_sock", "await self.sock_connect(sock, address)"),
                std(
                    "asyncio/selector_events.py",
                    691,
                    "_sock_connect_cb",
                    "raise OSError(err, f'Connect call failed {address}')",
                ),
            ],
        }),
        weight: 24,
        rhythm: Rhythm::Storms,
        recorded_as: "login",
        ..FAULT
    },
    Fault {
        class: "argon2.exceptions.InvalidHashError",
        message: "",
        area: "members/login",
        description: "Stored password could not be read",
        calls: &[
            WEB,
            &[
                app("members/auth/routes.py", 51, "sign_in", "if not passwords.verify(member, form[\"password\"]):"),
                app("members/auth/passwords.py", 29, "verify", "hasher.verify(member.password_hash, password)"),
                lib("argon2/_password_hasher.py", 205, "verify", "raise InvalidHashError from e"),
            ],
        ],
        weight: 5,
        rhythm: Rhythm::Rare,
        ..FAULT
    },
    Fault {
        class: "jwt.exceptions.ExpiredSignatureError",
        message: "Signature has expired",
        area: "members/claim",
        description: "Invitation could not be used any more",
        calls: &[
            WEB,
            &[
                app("members/claim/routes.py", 31, "claim", "invitation = invitations.read(token)"),
                app("members/invitations.py", 44, "read", "return jwt.decode(token, KEY, algorithms=[\"HS256\"])"),
                lib("jwt/api_jwt.py", 287, "decode", "decoded = self.decode_complete("),
                lib("jwt/api_jwt.py", 434, "_validate_exp", "raise ExpiredSignatureError(\"Signature has expired\")"),
            ],
        ],
        weight: 10,
        rhythm: Rhythm::Chronic,
        ..FAULT
    },
    Fault {
        class: "smtplib.SMTPServerDisconnected",
        message: "Connection unexpectedly closed",
        area: "members/claim",
        description: "Welcome e-mail could not be sent",
        calls: &[
            WEB,
            &[
                app("members/claim/routes.py", 47, "claim", "await mail.welcome(member)"),
                app("mail/send.py", 61, "send", "await to_thread.run_sync(smtp.send_message, message)"),
                std(
                    "smtplib.py",
                    982,
                    "send_message",
                    "return self.sendmail(from_addr, to_addrs, flatmsg, mail_options,",
                ),
                std("smtplib.py", 405, "getreply", "raise SMTPServerDisconnected(\"Connection unexpectedly closed\")"),
            ],
        ],
        weight: 8,
        ..FAULT
    },
    Fault {
        class: "sqlalchemy.exc.IntegrityError",
        message: "duplicate key value violates unique constraint \"contracts_member_id_key\"",
        detail: &[
            "DETAIL:  Key (member_id)=({uuid}) already exists.",
            "[SQL: INSERT INTO contracts (member_id, version, signed_at, id) VALUES ($1::UUID, $2::INTEGER, $3::TIMESTAMP WITH TIME ZONE, $4::UUID)]",
            "(Background on this error at: https://sqlalche.me/e/20/gkpj)",
        ],
        area: "members/contract/sign",
        description: "Contract was signed already",
        calls: &[
            WEB,
            &[
                app("members/contract/routes.py", 73, "sign", "contract = await contracts.sign(member, form)"),
                app("contracts/service.py", 55, "sign", "await session.flush()"),
            ],
            FLUSH,
            EXECUTE,
        ],
        weight: 11,
        rhythm: Rhythm::Chronic,
        ..FAULT
    },
    Fault {
        class: "clubhouse.contracts.errors.SignatureMissing",
        message: "signature of {n} bytes holds no stroke",
        area: "members/contract/sign",
        description: "Signature was empty",
        calls: &[
            WEB,
            &[
                app("members/contract/routes.py", 73, "sign", "contract = await contracts.sign(member, form)"),
                app("contracts/service.py", 41, "sign", "strokes = signature.strokes(form.signature)"),
                app("contracts/signature.py", 22, "strokes", "raise SignatureMissing(len(data))"),
            ],
        ],
        weight: 8,
        ..FAULT
    },
    Fault {
        class: "ModuleNotFoundError",
        message: "No module named 'clubhouse.contracts.texts_2026'",
        area: "members/contract/sign",
        description: "Text of the contract is missing",
        calls: &[
            WEB,
            &[
                app("members/contract/routes.py", 48, "contract", "text = contracts.text(version)"),
                app(
                    "contracts/service.py",
                    27,
                    "text",
                    "module = importlib.import_module(f\"clubhouse.contracts.texts_{version}\")",
                ),
                std(
                    "importlib/__init__.py",
                    90,
                    "import_module",
                    "return _bootstrap._gcd_import(name[level:], package, level)",
                ),
                frozen("<frozen importlib._bootstrap>", 1387, "_gcd_import"),
                frozen("<frozen importlib._bootstrap>", 1360, "_find_and_load"),
                frozen("<frozen importlib._bootstrap>", 1324, "_find_and_load_unlocked"),
            ],
        ],
        weight: 14,
        rhythm: Rhythm::Storms,
        recorded_as: "contract_signed",
        ..FAULT
    },
    Fault {
        class: "KeyError",
        message: "'emergency_contact'",
        area: "members/onboarding",
        description: "Step 4 of 5 could not be saved",
        calls: &[
            WEB,
            &[
                app("members/onboarding/routes.py", 91, "save_step", "await onboarding.save(member, step, form)"),
                app(
                    "members/onboarding/steps.py",
                    66,
                    "save",
                    "member.emergency_contact = form[\"emergency_contact\"]",
                )
                .under("form[\"emergency_contact\"]"),
            ],
        ],
        weight: 10,
        ..FAULT
    },
    Fault {
        class: "sqlalchemy.exc.TimeoutError",
        message: "QueuePool limit of size 10 overflow 5 reached, connection timed out, timeout 30.00",
        area: "members/dashboard",
        description: "Dashboard could not be loaded",
        calls: &[
            WEB,
            &[
                app("members/dashboard/routes.py", 29, "dashboard", "cards = await dashboard.cards(member)"),
                app("members/dashboard/cards.py", 51, "cards", "upcoming = await session.execute(query)"),
            ],
            CHECKOUT,
        ],
        weight: 26,
        rhythm: Rhythm::Storms,
        recorded_as: "page_visit",
        ..FAULT
    },
    Fault {
        class: "urllib3.exceptions.MaxRetryError",
        message: "HTTPSConnectionPool(host='weather.example.net', port=443): Max retries exceeded with url: /v2/point?lat=52.{small}&lon=-1.{n}",
        area: "members/dashboard",
        description: "Weather could not be loaded",
        calls: &[
            WEB,
            &[
                app("members/dashboard/cards.py", 78, "weather", "answer = http.request(\"GET\", url)"),
                lib("urllib3/poolmanager.py", 457, "urlopen", "response = conn.urlopen(method, u.request_uri, **kw)"),
                lib("urllib3/connectionpool.py", 841, "urlopen", "retries = retries.increment("),
                lib("urllib3/util/retry.py", 519, "increment", "raise MaxRetryError(_pool, url, reason) from reason"),
            ],
        ],
        weight: 10,
        ..FAULT
    },
    Fault {
        class: "clubhouse.messages.errors.PermissionDenied",
        message: "message {slot} belongs to another thread",
        area: "members/messages",
        description: "Message could not be opened",
        calls: &[
            WEB,
            &[
                app("members/messages/routes.py", 62, "read", "message = await threads.message(member, message_id)"),
                app(
                    "messages/threads.py",
                    39,
                    "message",
                    "raise PermissionDenied(f\"message {message_id} belongs to another thread\")",
                ),
            ],
        ],
        weight: 7,
        rhythm: Rhythm::Chronic,
        ..FAULT
    },
    Fault {
        class: "jinja2.exceptions.UndefinedError",
        message: "'clubhouse.messages.models.Message object' has no attribute 'sender_name'",
        area: "members/messages",
        description: "Message could not be shown",
        calls: &[
            WEB,
            &[
                app("members/messages/routes.py", 66, "read", "return page(\"messages/read.html\", message=message)"),
                lib("jinja2/environment.py", 1295, "render", "self.environment.handle_exception()"),
                app("templates/messages/read.html", 14, "top-level template code", "<b>{{ message.sender_name }}</b>"),
            ],
        ],
        weight: 8,
        ..FAULT
    },
    Fault {
        class: "UnicodeDecodeError",
        message: "'utf-8' codec can't decode byte 0xe9 in position {n}: invalid continuation byte",
        area: "members/profile",
        description: "Address book could not be read",
        calls: &[
            WEB,
            &[
                app("members/profile/routes.py", 118, "import_contacts", "contacts = vcard.read(await upload.read())"),
                app("members/vcard.py", 17, "read", "text = data.decode(\"utf-8\")").under("data.decode(\"utf-8\")"),
            ],
        ],
        weight: 6,
        rhythm: Rhythm::Rare,
        ..FAULT
    },
    Fault {
        class: "sqlalchemy.exc.DBAPIError",
        message: "value too long for type character varying(40)",
        detail: &["[SQL: UPDATE members SET phone=$1::VARCHAR WHERE members.id = $2::UUID]"],
        area: "members/profile",
        description: "Telephone number was not saved",
        calls: &[
            WEB,
            &[
                app("members/profile/routes.py", 87, "save", "await session.commit()"),
                lib(
                    "sqlalchemy/ext/asyncio/session.py",
                    1015,
                    "commit",
                    "await greenlet_spawn(self.sync_session.commit)",
                ),
            ],
            EXECUTE,
        ],
        weight: 8,
        rhythm: Rhythm::Chronic,
        recorded_as: "profile_updated",
        ..FAULT
    },
];
