using Scout.Machines.Definitions;

namespace Scout.Machines.Tests.Definitions;

/// <summary>What is hidden where a definition, or what its commands print, is shown (reliability.md A10).</summary>
public sealed class SecretTextTests
{
    [Theory]
    [InlineData("check_db --password hunter22 -H db1", "check_db --password (hidden) -H db1")]
    [InlineData("check_db --password=hunter22 --port=1", "check_db --password=(hidden) --port=1")]
    [InlineData("check_api --api-key K123456 --verbose", "check_api --api-key (hidden) --verbose")]
    [InlineData("env DB_PASSWORD=hunter22 check_db", "env DB_PASSWORD=(hidden) check_db")]
    [InlineData("check_snmp --community public", "check_snmp --community (hidden)")]
    [InlineData("check_url https://bob:hunter22@host/x", "check_url https://bob:(hidden)@host/x")]
    [InlineData("check_db --password-file /etc/pw --key-path=/x", "check_db --password-file /etc/pw --key-path=/x")]
    [InlineData("check_disk -w 20% -c 10% -p /", "check_disk -w 20% -c 10% -p /")]
    [InlineData("check_x --token --verbose", "check_x --token --verbose")]
    [InlineData("./token-check", "./token-check")]
    public void A_name_tells_what_is_a_secret(string words, string shown) =>
        Assert.Equal(shown, string.Join(' ', SecretText.Words(words.Split(' '))));

    [Fact]
    public void A_header_that_proves_who_asks_is_hidden() =>
        Assert.Equal(["check_http", "-k", "Authorization: (hidden)", "-k", "Accept: text/html"], SecretText.Words(["check_http", "-k", "Authorization: Basic Ym9i", "-k", "Accept: text/html"]));

    [Fact]
    public void Only_values_that_are_long_enough_to_be_told_apart_are_looked_for_in_outputs()
    {
        IReadOnlyList<string> secrets = SecretText.Of([new("DB_PASSWORD", "hunter22"), new("API_KEY", "123"), new("PGHOST", "database.example")]);
        Assert.Equal(["hunter22"], secrets);
        Assert.Equal("login (hidden) at database.example 123", SecretText.Without("login hunter22 at database.example 123", secrets));
    }
}
