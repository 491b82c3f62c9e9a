"""Settings: which place wins, and the sentence when a value makes no sense."""

import pytest

from ops.obstacle import BadSettings
from ops.settings import Settings, as_environment, masked, resolve


@pytest.fixture
def toml(tmp_path):
    def write(text):
        path = tmp_path / "chosen.toml"
        path.write_text(text)
        return {"CX_CONFIG": str(path)}

    return write


def test_a_flag_wins_over_the_environment_over_the_file_over_the_default(toml):
    environment = toml("api_port = 1001\nhot_port = 1002\nworkers = 3\n")
    environment |= {"CX_API_PORT": "2001", "CX_HOT_PORT": "2002"}
    settings, origins = resolve(environment=environment, flags={"api_port": 3001})
    assert (settings.api_port, settings.hot_port, settings.workers) == (3001, 2002, 3)
    assert settings.host == Settings().host
    assert origins["api_port"] == "flag --api-port"
    assert origins["hot_port"] == "environment CX_HOT_PORT"
    assert origins["workers"].endswith("chosen.toml")
    assert origins["host"] == "default"


def test_a_flag_that_was_not_given_changes_nothing():
    assert resolve(environment={}, flags={"api_port": None}).settings == Settings()


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"CX_API_PORT": "eight"}, "api_port"),
        ({"CX_API_PORT": "70000"}, "api_port"),
        ({"CX_WORKERS": "0"}, "workers"),
        ({"CX_REDIS_URL": "http://elsewhere"}, "redis://"),
        ({"CX_INFERENCE_PROVIDER": "abacus"}, "inference_provider"),
        ({"CX_TRUSTED_PROXIES": "10.0.0.0/8, nobody"}, "nobody"),
        ({"CX_API_PORT": "8100"}, "each door needs its own port"),
        ({"CX_EVENT_LOG_URL": "mysql://db/cx"}, "postgresql:// or kurrentdb://"),
        ({"CX_CONFIG": "nowhere.toml"}, "nowhere.toml"),
    ],
)
def test_a_bad_value_is_told_in_a_sentence_that_names_it(environment, said):
    with pytest.raises(BadSettings) as refused:
        resolve(environment=environment)
    assert said in str(refused.value)
    assert str(refused.value).endswith(".")


@pytest.mark.parametrize("text", ["api_port = ", "colour = 'red'\n", "api_port = 'x'\n"])
def test_a_file_that_makes_no_sense_is_told_too(toml, text):
    with pytest.raises(BadSettings, match=r"chosen\.toml"):
        resolve(environment=toml(text))


def test_settings_reach_a_child_through_its_environment_unchanged():
    flags = {"trusted_proxies": "10.0.0.0/8,::1", "api_port": 9, "nats_url": "nats://n:1"}
    settings = resolve(environment={}, flags=flags).settings
    assert resolve(environment=as_environment(settings)).settings == settings
    assert resolve(environment=as_environment(Settings())).settings == Settings()


def test_passwords_are_never_shown():
    assert masked("redis://me:secret@cache:6379/0") == "redis://me:***@cache:6379/0"
    assert masked("http://:secret@cache") == "http://:***@cache"
    assert masked(8000) == 8000
