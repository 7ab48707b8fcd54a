// Walks a whole sign-up with the Kotlin client that OpenAPI Generator made of the flattened document.
import com.google.gson.Gson
import org.bouncycastle.crypto.digests.SM3Digest
import org.openapitools.client.apis.AccountApi
import org.openapitools.client.apis.AccountsApi
import org.openapitools.client.apis.SessionsApi
import org.openapitools.client.apis.TokensApi
import org.openapitools.client.infrastructure.ApiClient
import org.openapitools.client.infrastructure.ClientError
import org.openapitools.client.infrastructure.ClientException
import org.openapitools.client.models.BadRequest
import org.openapitools.client.models.DeleteAccountRequest
import org.openapitools.client.models.LoginRequest
import org.openapitools.client.models.LogoutRequest
import org.openapitools.client.models.ResetPasswordRequest
import org.openapitools.client.models.SignRequest
import org.openapitools.client.models.TooManyRequests
import org.openapitools.client.models.Unauthorized
import org.openapitools.client.models.UpdatePasswordRequest
import org.openapitools.client.models.VerifyRequest
import java.net.URL
import kotlin.system.exitProcess

const val EMAIL = "alice@example.com"
/** The solution of a challenge: this generator has no default for it. */
val NO_CAPTCHA: String? = null

/** The digest that clients send. */
fun sm3(password: String): String {
    val typed = password.toByteArray()
    val digest = SM3Digest()
    digest.update(typed, 0, typed.size)
    val hash = ByteArray(digest.digestSize)
    digest.doFinal(hash, 0)
    return hash.joinToString("") { "%02x".format(it) }
}

fun mailedCode(): String {
    val mails = URL(System.getenv("MAILBOX") + "?To=" + EMAIL).readText()
    return Regex("\"Subject\":\"[^\"]*\\b(\\d{6})\\b").find(mails)!!.groupValues[1]
}

/** What is not HTTP 200 is thrown; the body says why. */
inline fun <reified Refused> refused(call: () -> Unit): Refused {
    try {
        call()
    } catch (refusal: ClientException) {
        return Gson().fromJson((refusal.response as ClientError<*>).body as String, Refused::class.java)
    }
    throw IllegalStateException("expected a refusal")
}

fun walk(url: String) {
    val accounts = AccountsApi(url)
    val account = AccountApi(url)
    val sessions = SessionsApi(url)
    val tokens = TokensApi(url)
    val password = sm3("correct horse battery staple")
    val newPassword = sm3("a better password")

    fun login(password: String) {
        val answer = accounts.login(LoginRequest(EMAIL, password), NO_CAPTCHA)
        check((answer.code == 200 || answer.code == 202) && answer.token != null && answer.userID != null)
        ApiClient.accessToken = answer.token
    }
    fun refusedLogin(password: String) {
        val answer = accounts.login(LoginRequest(EMAIL, password), NO_CAPTCHA)
        check(answer.code == 501 && answer.token == null)
    }

    val malformed = refused<BadRequest> { accounts.sign(SignRequest("Alice", "nobody", password), NO_CAPTCHA) }
    check(malformed.code == 400 && malformed.details[0].field == "Email")
    check(accounts.sign(SignRequest("Alice", EMAIL, password), NO_CAPTCHA).code == 200)
    val hasty = refused<TooManyRequests> { accounts.sign(SignRequest("Alice", EMAIL, password), NO_CAPTCHA) }
    check(hasty.code == 429 && hasty.retryAfter > 0)
    check(accounts.verify(VerifyRequest("Alice", EMAIL, password, mailedCode()), NO_CAPTCHA).code == 200)

    refusedLogin(sm3("incorrect horse"))
    login(password)
    check(tokens.checkToken().code == 200)
    check(sessions.listSessions().sessions[0].current == true)
    check(sessions.logout(LogoutRequest()).code == 200)
    check(refused<Unauthorized> { tokens.checkToken() }.code == 401)

    check(accounts.resetPassword(ResetPasswordRequest(EMAIL), NO_CAPTCHA).code == 200)
    check(accounts.updatePassword(UpdatePasswordRequest(EMAIL, newPassword, mailedCode()), NO_CAPTCHA).code == 200)
    login(newPassword)
    check(account.deleteAccount(DeleteAccountRequest(newPassword), NO_CAPTCHA).code == 200)
    refusedLogin(newPassword)
}

fun main() {
    walk(System.getenv("SERVICE"))
    // The threads of the HTTP client would keep the process for a while.
    exitProcess(0)
}
