import client.ApiClient;
import client.ApiException;
import client.JSON;
import client.api.EligibilityApi;
import client.model.EligibilityAnswer;
import client.model.NumberCheckRequest;
import client.model.Problem;
import client.model.Validity;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.LocalDate;

/** A check by number with the client of openapi-generator. Prints validity and name; then the code of a refusal. */
public final class NumberCheck {
    public static void main(String[] arguments) throws Exception {
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        ApiClient client = new ApiClient();
        client.updateBaseUri(System.getenv("TERMINAL_FUND_URL"));
        client.setRequestInterceptor(
            request -> request.setHeader("Authorization", "Bearer " + System.getenv("TOKEN")));
        EligibilityApi fund = new EligibilityApi(client);
        NumberCheckRequest person = new NumberCheckRequest()
            .insurerNumber("01130012").symbol("架空").number("7701").branch("00").birthDate(LocalDate.of(1985, 6, 15));

        EligibilityAnswer answer = fund.checkEligibilityByNumber(person).getEligibilityAnswer();
        if (answer.getValidity() != Validity.VALID) throw new IllegalStateException(answer.getValidity().getValue());
        out.println(answer.getValidity().getValue() + " " + answer.getResults().get(0).getName());

        try {
            fund.checkEligibilityByNumber(person.asOf(LocalDate.of(1900, 1, 1)));
        } catch (ApiException refused) {
            out.println(JSON.getDefault().getMapper().readValue(refused.getResponseBody(), Problem.class).getCode());
        }
    }
}
