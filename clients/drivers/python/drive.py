"""Walks a whole sign-up with the Python client that OpenAPI Generator made of openapi.yaml."""
import hashlib
import json
import os
import re
import urllib.parse
import urllib.request

from openapi_client import AccountApi, AccountsApi, ApiClient, ApiException, Configuration, SessionsApi, TokensApi
from openapi_client import (DeleteAccountRequest, LoginRequest, LogoutRequest, ResetPasswordRequest, SignRequest, UpdatePasswordRequest,
                            VerifyRequest)

EMAIL = 'alice@example.com'


def sm3(password):
    """The digest that clients send. OpenSSL has SM3, and so has hashlib where OpenSSL does."""
    return hashlib.new('sm3', password.encode()).hexdigest()


def mailed_code():
    with urllib.request.urlopen(os.environ['MAILBOX'] + '?To=' + urllib.parse.quote(EMAIL)) as answer:
        return re.search(r'\b\d{6}\b', json.load(answer)['Mails'][0]['Subject']).group()


def refused(call, *arguments):
    """What is not HTTP 200 is raised; the body says why."""
    try:
        call(*arguments)
    except ApiException as refusal:
        return json.loads(refusal.body)
    raise AssertionError('expected a refusal')


configuration = Configuration(host=os.environ['SERVICE'])
# This version knows no `oneOf`: it takes the variants for one, and would refuse the Codes of all but the last.
configuration.client_side_validation = False
unchecked = {'local_vars_configuration': configuration}
client = ApiClient(configuration)
accounts, account, sessions, tokens = AccountsApi(client), AccountApi(client), SessionsApi(client), TokensApi(client)
alice = {'name': 'Alice', 'email': EMAIL, 'password': sm3('correct horse battery staple')}
new_password = sm3('a better password')


def login(password):
    answer = accounts.login(LoginRequest(email=EMAIL, password=password))
    assert answer.code in (200, 202) and answer.token and answer.user_id
    configuration.access_token = answer.token


def refused_login(password):
    answer = accounts.login(LoginRequest(email=EMAIL, password=password))
    assert answer.code == 501 and answer.token is None


malformed = refused(accounts.sign, SignRequest(**{**alice, 'email': 'nobody'}, **unchecked))
assert malformed['Code'] == 400 and malformed['Details'][0]['Field'] == 'Email'
assert accounts.sign(SignRequest(**alice)).code == 200
hasty = refused(accounts.sign, SignRequest(**alice))
assert hasty['Code'] == 429 and hasty['RetryAfter'] > 0
assert accounts.verify(VerifyRequest(**alice, verify_code=mailed_code())).code == 200

refused_login(sm3('incorrect horse'))
login(alice['password'])
assert tokens.check_token().code == 200
assert sessions.list_sessions().sessions[0].current
assert sessions.logout(logout_request=LogoutRequest()).code == 200
assert refused(tokens.check_token)['Code'] == 401

assert accounts.reset_password(ResetPasswordRequest(email=EMAIL)).code == 200
update = UpdatePasswordRequest(email=EMAIL, password=new_password, verify_code=mailed_code())
assert accounts.update_password(update).code == 200
login(new_password)
assert account.delete_account(DeleteAccountRequest(password=new_password)).code == 200
refused_login(new_password)
