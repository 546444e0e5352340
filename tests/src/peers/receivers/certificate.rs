//! A certificate for servers on this host that no authority vouches for but itself.

use std::{path::Path, process::Command};

use anyhow::{Context, Result, ensure};

/// Writes `cert.pem`, `key.pem` and `ca.pem`, which is the certificate again, into the folder. It is for `localhost` and
/// 127.0.0.1, and no authority itself: rustls takes no authority for a server.
pub fn certificate(folder: &Path) -> Result<()> {
    std::fs::write(folder.join("request.cnf"), REQUEST)?;
    let mut command = Command::new("openssl");
    command.current_dir(folder).args(["req", "-x509", "-nodes", "-days", "2", "-config", "request.cnf"]);
    command.args(["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]);
    command.args(["-keyout", "key.pem", "-out", "cert.pem"]);
    let output = command.output().context("cannot run `openssl`: apt-get install openssl")?;
    ensure!(output.status.success(), "openssl: {}", String::from_utf8_lossy(&output.stderr));
    std::fs::copy(folder.join("cert.pem"), folder.join("ca.pem"))?;
    Ok(())
}

const REQUEST: &str = "\
[req]
distinguished_name = name
x509_extensions = extensions
prompt = no
[name]
CN = localhost
[extensions]
subjectAltName = DNS:localhost, IP:127.0.0.1
basicConstraints = critical, CA:FALSE
";
