//! TLS as a client: the authorities of the system, or those of a file of the owner's.

use std::{path::Path, sync::Arc};

use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, pem::PemObject},
};

/// A configuration; read anew for each try, so that a certificate that was replaced counts at once.
pub(super) fn client(ca_file: Option<&Path>) -> Result<Arc<ClientConfig>, String> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?;
    let roots = match ca_file {
        Some(file) => of_file(file)?,
        None => of_system(),
    };
    Ok(Arc::new(builder.with_root_certificates(roots).with_no_client_auth()))
}

fn of_file(file: &Path) -> Result<RootCertStore, String> {
    let wrong = |what: &str| format!("ca_file {}: {what}", file.display());
    let found = CertificateDer::pem_file_iter(file).map_err(|error| wrong(&error.to_string()))?;
    let certificates = found.collect::<Result<Vec<_>, _>>().map_err(|error| wrong(&error.to_string()))?;
    let mut roots = RootCertStore::empty();
    let (added, _) = roots.add_parsable_certificates(certificates);
    if added == 0 { Err(wrong("there is no certificate in it")) } else { Ok(roots) }
}

fn of_system() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    roots
}
