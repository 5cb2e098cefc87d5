//! No page reads a server's log from one end to the other: the plans that the server itself writes down while pages are
//! asked for, over a table large enough that reading it would show.

use daybook::{
    core::role::Role,
    db::{Sql, migrate, postgres::fittings::Without},
};

use crate::error_groups::gather;
use crate::support::{Outside, TestApp, TestDb, app::Setup, application::FIXTURE, database::at, postgres::Server};

/// A hundred thousand entries as an application writes them: random ids, few errors, old ones among them.
const FILL: &str = "
    INSERT INTO members (id, email, name) SELECT gen_random_uuid(), 'm' || i || '@example.org', 'Member ' || i
        FROM generate_series(1, 500) AS g (i);
    INSERT INTO audit_logs (id, timestamp, member_id, member_email, action_type, area, description, status, ip_address, user_agent)
        SELECT gen_random_uuid(), timestamptz '2026-04-05 00:00+00' - interval '5 minutes' * i, NULL, NULL,
            (ARRAY['login', 'page_visit', 'booking_created', 'message_read'])[1 + i % 4], 'members/p' || i % 30, 'Did thing ' || i,
            CASE WHEN i % 50 = 0 THEN 'error' WHEN i % 20 = 0 THEN 'warning' ELSE 'success' END,
            '10.' || i % 200 || '.0.' || i % 100, 'Browser ' || i % 7
        FROM generate_series(1, 100000) AS g (i);
    UPDATE audit_logs SET member_id = m.id, member_email = m.email FROM
        (SELECT id, email, row_number() OVER (ORDER BY email) - 1 AS n FROM members) AS m
        WHERE m.n = abs(hashtext(audit_logs.id::text)) % 700;
    VACUUM (ANALYZE) audit_logs; VACUUM (ANALYZE) members;";

/// A hundred thousand lines of what staff did: of few accounts and of nobody, some by programs, a few at the command line.
const FILL_STAFF_LOG: &str = "
    INSERT INTO daybook.daybook_staff_log (\"timestamp\", staff_id, staff_email, kind, subject, detail, token)
        SELECT timestamptz '2026-04-05 00:00+00' - interval '1 minute' * i,
            CASE WHEN i % 11 = 0 THEN NULL ELSE ('00000000-0000-0000-0000-00000000000' || i % 7)::uuid END,
            CASE WHEN i % 121 = 0 THEN 'command line' ELSE 'p' || i % 40 || '@example.org' END,
            (ARRAY['logs_searched', 'entry_opened', 'member_opened', 'exported', 'signed_in', 'sign_in_failed'])[1 + i % 6],
            NULL, NULL, CASE WHEN i % 11 <> 0 AND i % 13 = 0 THEN 'nightly' END
        FROM generate_series(1, 100000) AS g (i);
    VACUUM (ANALYZE) daybook.daybook_staff_log;";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_page_reads_the_log_from_end_to_end() {
    let server = Server::start();
    let name = server.database().await;
    let address = server.address("owner", &name);
    let mut outside = Outside::connect(&address).await;
    outside.run(FIXTURE).await;
    for sql in FILL.split(';').filter(|sql| !sql.trim().is_empty()) {
        outside.run(sql).await;
    }
    let db = TestDb::postgres_at(&address).await;
    migrate::run_anywhere(&db.db, &Without::default(), |_| {}).await.expect("migrated");
    outside.run("VACUUM (ANALYZE) audit_logs").await;
    for sql in FILL_STAFF_LOG.split(';').filter(|sql| !sql.trim().is_empty()) {
        outside.run(sql).await;
    }
    db.db.close().await;
    for setting in ["session_preload_libraries = 'auto_explain'", "auto_explain.log_min_duration = 0"] {
        outside.run(&format!("ALTER DATABASE {name} SET {setting}")).await;
    }
    let db = TestDb::postgres_at(&address).await;
    let member: Vec<(uuid::Uuid,)> =
        db.db.fetch_all(Sql::new("SELECT id FROM members WHERE email = 'm7@example.org'")).await.expect("a member");
    let member = member[0].0;
    let entries = |which: &'static str| {
        Sql::new("SELECT id FROM audit_logs WHERE status = 'error' AND ")
            .text(which)
            .text(" ORDER BY \"timestamp\" DESC LIMIT 1")
    };
    let theirs: Vec<(uuid::Uuid,)> = db.db.fetch_all(entries("member_id IS NOT NULL")).await.expect("a member's error");
    let nobodys: Vec<(uuid::Uuid,)> = db.db.fetch_all(entries("member_id IS NULL")).await.expect("nobody's error");
    let app = TestApp::with(db, Setup { now: at("2026-04-06T00:00:00Z"), ..Setup::default() }).await;
    let client = app.signed_in(Role::Support).await;
    let member = format!("member={member}");
    for query in [
        "range=all",
        "range=7d",
        "status=error&range=all",
        "status=!success&range=all",
        "action_type=login&range=30d",
        "action_type=login&status=error&range=all",
        "action_type=!page_visit&status=!success&range=all",
        "area=members/*&range=all",
        "area=members/p3&range=all",
        "area=members/*&status=error&range=all",
        "area=nowhere&range=all",
        &member,
        &format!("{member}&status=error"),
        &format!("{member}&area=members/*&action_type=login"),
        "member=m7@example.org",
        "member=m7*",
        "member=none",
        "member=no-account&range=all",
        "ip=10.7.0.0/16",
        "ip=10.7.0.7&status=error",
        "booking=7b1c6a1e-0d4e-4c8f-9d5e-2f3a4b5c6d77",
        "q=uq_booking_slot",
        "q=zyzzyva",
        "q=thing",
        "q=thing+99999&range=all",
        "q=thing&status=error",
    ] {
        for path in ["/logs", "/logs/overview"] {
            let page = client.get(&format!("{path}?{query}")).await;
            assert_eq!(page.status, 200, "{path}?{query}");
        }
        let page = client.get(&format!("/logs?{query}")).await;
        if let Some(older) = page.rel("next") {
            assert_eq!(client.get(&older).await.status, 200);
        }
    }
    let (theirs, nobodys) = (format!("/logs/{}", theirs[0].0), format!("/logs/{}", nobodys[0].0));
    let story = format!("/members/{}", member.trim_start_matches("member="));
    gather(&app.db).await;
    outside.run("ANALYZE daybook.daybook_error_entries").await;
    let groups = client.get("/errors").await.attributes("#list a[data-row]", "href");
    let group = groups.first().expect("a group");
    for query in ["", "?sort=times&state=new", "?sort=members", "?sort=first_seen&q=thing", "?state=resolved"] {
        let page = client.get(&format!("/errors{query}")).await;
        assert_eq!(page.status, 200, "{query}");
        if let Some(more) = page.rel("next") {
            assert_eq!(client.get(&more).await.status, 200, "{more}");
        }
    }
    let page = client.get(group).await;
    assert_eq!(client.get(&page.rel("next").expect("an older page")).await.status, 200);
    for path in [
        group.as_str(),
        "/logs/b27e6f10-3c4d-4f6a-9e8b-7a6b5c4d3e03?status=error",
        &theirs,
        &nobodys,
        "/members",
        "/members?q=m7",
        &story,
        &format!("{story}?at=2026-01-05T10:00"),
        "/members/by-email?email=nobody@example.org",
        "/members/unfinished",
        "/find?q=m7",
        "/find?q=nobody@example.org",
    ] {
        assert_eq!(client.get(path).await.status, 200, "{path}");
    }
    let admin = app.signed_in(Role::Admin).await;
    for query in [
        "range=all",
        "range=24h",
        "range=all&person=support@example.org",
        "range=all&person=p7@example.org",
        "range=all&person=none",
        "range=all&person=command-line",
        "range=all&person=none&person=support@example.org&person=command-line",
        "range=all&kind=refused",
        "range=all&kind=search&kind=staff&kind=api",
        "range=all&kind=api",
        "range=all&kind=import",
        "range=all&person=support@example.org&kind=export&kind=api",
        "range=all&person=none&kind=view",
        "range=all&person=command-line&kind=login",
    ] {
        let page = admin.get(&format!("/staff/activity?{query}")).await;
        assert_eq!(page.status, 200, "{query}");
        if let Some(older) = page.rel("next") {
            assert_eq!(admin.get(&older).await.status, 200, "{older}");
        }
    }
    assert_eq!(admin.get("/staff").await.status, 200);
    // One thing alone is gone to at once.
    for q in ["m7@example.org", "10.7.0.7", "b27e6f10", "7b1c6a1e-0d4e-4c8f-9d5e-2f3a4b5c6d77"] {
        assert_eq!(client.get(&format!("/find?q={q}")).await.status, 303, "{q}");
    }
    let log = server.log();
    assert!(log.matches("Query Text:").count() > 300, "the server writes no plans");
    let plans: Vec<&str> = log
        .split("Query Text:")
        // Of what is gathered there are two thousand rows of one group here, of which a page wants half: no index would help.
        .filter(|plan| plan.contains("Seq Scan on audit_logs") || plan.contains("Seq Scan on daybook_staff_log"))
        .collect();
    let told: Vec<String> = plans
        .iter()
        .take(3)
        .map(|plan| plan.chars().rev().take(1_500).collect::<String>().chars().rev().collect())
        .collect();
    assert!(plans.is_empty(), "{} plans read the whole log: {told:#?}", plans.len());
}
