"""Why an image could not be had: what the engine says, as a sentence with something to do."""

import pytest

from codeb.adapters.docker.references import joined, repository_of, split
from codeb.adapters.docker.registry_words import explained, wrong_platform

IMAGE = "registry.test:5000/blog:v1"


@pytest.mark.parametrize(
    ("said", "code", "sentence"),
    [
        ("manifest unknown: manifest unknown", "image_unavailable", "is not in the registry: push it first"),
        ("name unknown: repository name not known to registry", "image_unavailable", "is not in the registry"),
        ("unauthorized: authentication required", "image_unavailable", "refused our login; run the bootstrap"),
        ("no basic auth credentials", "image_unavailable", "refused our login"),
        ("pull access denied for blog, repository does not exist", "image_unavailable", "refused our login"),
        ("write /var/lib/docker/tmp/x: no space left on device", "image_unavailable", "disk of the app host is full"),
        ("dial tcp 10.0.0.3:5000: connect: connection refused", "unavailable", "it does not answer"),
        ("dial tcp: lookup registry.test: no such host", "unavailable", "it does not answer"),
        ("net/http: TLS handshake timeout", "unavailable", "it does not answer"),
        (
            "x509: certificate signed by unknown authority",
            "unavailable",
            "its CA belongs in /etc/docker/certs.d/registry.test:5000/ca.crt",
        ),
        ("unexpected status 418", "image_unavailable", "was not pulled: unexpected status 418"),
    ],
)
def test_what_the_engine_says_becomes_something_to_do(said: str, code: str, sentence: str) -> None:
    error = explained(IMAGE, said)
    assert error.code == code
    assert sentence in str(error)


def test_an_image_for_other_processors_names_both_sides() -> None:
    error = wrong_platform(IMAGE, {"linux/arm64", "linux/arm"}, "linux/amd64")
    assert "is built for linux/arm, linux/arm64 and this host is linux/amd64" in str(error)
    assert "--platform linux/amd64" in str(error)


@pytest.mark.parametrize(
    ("image", "repository", "tag"),
    [
        ("registry.test:5000/blog:v1", "registry.test:5000/blog", "v1"),
        ("registry.test:5000/blog", "registry.test:5000/blog", "latest"),
        ("registry.test:5000/a/b@sha256:1", "registry.test:5000/a/b", "sha256:1"),
        ("registry.test:5000/a/b:v1@sha256:1", "registry.test:5000/a/b", "sha256:1"),
        ("nginx:1.27", "nginx", "1.27"),
    ],
)
def test_a_reference_is_a_repository_and_a_tag_or_digest(image: str, repository: str, tag: str) -> None:
    assert split(image) == (repository, tag)
    assert repository_of(joined(repository, tag)) == repository
