//! Talking to a server under TLS, with certificates of the tests' own: encrypted where that is asked for, with whom it says
//! where that is checked, and never in the clear where the server demands otherwise.

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};

use crate::support::{Outside, TestDb, binary::run, postgres::Server};

/// A certificate for `localhost` and whom it is by: certificate, key, and the issuer's certificate, each as PEM.
fn certificate() -> [String; 3] {
    let mut authority = CertificateParams::new(Vec::new()).expect("parameters");
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().expect("a key")).expect("an issuer");
    let key = KeyPair::generate().expect("a key");
    let certificate = CertificateParams::new(vec!["localhost".to_owned()]).expect("parameters");
    let certificate = certificate.signed_by(&key, &authority).expect("a certificate");
    [certificate.pem(), key.serialize_pem(), authority.pem()]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_is_encrypted_where_asked_for_and_the_other_side_is_who_it_says_where_checked() {
    let [certificate, key, authority] = certificate();
    let [_, _, stranger] = self::certificate();
    let (server, port) = Server::start_with_tls(&certificate, &key);
    let name = server.database().await;
    let db = TestDb::postgres_at(&server.address("owner", &name)).await;
    let written = |name: &str, pem: &str| {
        let file = db.folder.path().join(name);
        std::fs::write(&file, pem).expect("written");
        file.display().to_string()
    };
    let (trusted, strange) = (written("authority.pem", &authority), written("stranger.pem", &stranger));
    let at = |host: &str, query: &str| format!("postgresql+asyncpg://owner:s3cret-word@{host}:{port}/{name}?{query}");

    for query in ["sslmode=require", "ssl=require", "ssl=true", &format!("sslmode=verify-full&sslrootcert={trusted}")] {
        let ran = run(&db, &["migrate", "--database", &at("localhost", query)]);
        assert!(ran.status.success(), "{query}: {}", ran.stderr);
    }
    let mut outside = Outside::connect(&at("localhost", "sslmode=require").replace("+asyncpg", "")).await;
    let encrypted = "SELECT count(*) FROM pg_stat_ssl WHERE pid = pg_backend_pid() AND ssl";
    assert_eq!(outside.number(encrypted).await, 1);

    for (host, query) in [
        ("localhost", format!("sslmode=verify-full&sslrootcert={strange}")),
        // The certificate is for the name, not for the address.
        ("127.0.0.1", format!("sslmode=verify-full&sslrootcert={trusted}")),
        // The server takes nothing in the clear.
        ("localhost", "sslmode=disable".to_owned()),
    ] {
        let why = run(&db, &["check", "--database", &at(host, &query)]).failed().to_owned();
        assert!(why.contains("cannot be opened"), "{host} {query}: {why}");
        assert!(!why.contains("s3cret"), "{why}");
    }
}
