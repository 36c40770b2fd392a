using System.Net;
using Registration.Limits;
using Registration.Tests.Harness;

namespace Registration.Tests;

/// <summary>How often one may try, by a clock that the tests turn.</summary>
public class LimitTests
{
    private readonly ManualTime time = new();

    [Fact]
    public async Task Ten_attempts_a_minute_are_answered_and_the_eleventh_waits()
    {
        await using var service = await StartAsync();
        for (var attempt = 0; attempt < 10; attempt++)
        {
            Assert.Equal(400, (await service.ApiAsync("not a name")).Status);
            time.Advance(TimeSpan.FromSeconds(1));
        }
        var reply = await service.ApiAsync("not a name");
        Assert.Equal((429, "too many attempts", 50d), (reply.Status, reply.Error, reply.RetryAfter));

        time.Advance(TimeSpan.FromSeconds(50));
        Assert.Equal(400, (await service.ApiAsync("not a name")).Status);
        Assert.Equal(429, (await service.ApiAsync("not a name")).Status);
    }

    [Fact]
    public async Task Whoever_has_to_wait_gets_back_what_he_wrote()
    {
        await using var service = await StartAsync();
        for (var attempt = 0; attempt < 10; attempt++)
            await service.ApiAsync("not a name");
        var page = await service.FormAsync("alice");
        Assert.Equal(429, page.Status);
        Assert.Contains($"value=\"{Service.Code}\"", page.Text);
        Assert.Contains("value=\"alice\"", page.Text);
        Assert.DoesNotContain(Service.Password, page.Text);
    }

    [Fact]
    public async Task After_five_wrong_codes_even_the_right_one_waits_and_looks_the_same()
    {
        await using var service = await StartAsync();
        for (var attempt = 0; attempt < 5; attempt++)
            Assert.Equal(403, (await service.ApiAsync("alice", code: $"guess {attempt}")).Status);
        var wrong = await service.ApiAsync("alice", code: "guess 6");
        var right = await service.ApiAsync("alice");
        Assert.Equal((429, 900d), (wrong.Status, wrong.RetryAfter));
        Assert.Equal((wrong.Status, wrong.Text, wrong.RetryAfter), (right.Status, right.Text, right.RetryAfter));

        time.Advance(TimeSpan.FromMinutes(15));
        Assert.Equal(502, (await service.ApiAsync("alice")).Status);
    }

    [Fact]
    public async Task Of_a_hundred_parallel_wrong_codes_five_are_judged()
    {
        await using var service = await StartAsync();
        var replies = await Task.WhenAll(Enumerable.Range(0, 100).Select(guess => service.ApiAsync("alice", code: $"guess {guess}")));
        Assert.Equal(5, replies.Count(reply => reply.Status == 403));
        Assert.Equal(95, replies.Count(reply => reply.Status == 429 && reply.RetryAfter > 0));
    }

    [Fact]
    public async Task Parallel_guesses_from_many_addresses_stop_at_a_hundred_in_all()
    {
        await using var service = await StartAsync();
        var replies = await Task.WhenAll(Enumerable.Range(0, 150)
            .Select(guess => service.ApiAsync("alice", code: "guess", from: $"203.0.113.{guess}")));
        Assert.Equal(100, replies.Count(reply => reply.Status == 403));
        Assert.Equal(50, replies.Count(reply => reply.Status == 429));
        Assert.Equal(429, (await service.ApiAsync("alice", from: "198.51.100.1")).Status);
        time.Advance(TimeSpan.FromMinutes(15));
        Assert.Equal(502, (await service.ApiAsync("alice", from: "198.51.100.1")).Status);
    }

    [Fact]
    public async Task An_empty_code_is_a_slip_and_not_a_guess()
    {
        await using var service = await StartAsync();
        for (var attempt = 0; attempt < 9; attempt++)
            Assert.Equal(403, (await service.ApiAsync("alice", code: " ")).Status);
        Assert.Equal(502, (await service.ApiAsync("alice")).Status);
    }

    [Fact]
    public async Task Addresses_are_limited_apart_and_an_IPv6_customer_as_one()
    {
        await using var service = await StartAsync();
        for (var attempt = 0; attempt < 5; attempt++)
            Assert.Equal(403, (await service.ApiAsync("alice", code: "guess", from: $"2001:db8:1:2::{attempt + 1}")).Status);
        Assert.Equal(429, (await service.ApiAsync("alice", code: "guess", from: "2001:db8:1:2:ffff::1")).Status);
        Assert.Equal(403, (await service.ApiAsync("alice", code: "guess", from: "2001:db8:1:3::1")).Status);
        Assert.Equal(403, (await service.ApiAsync("alice", code: "guess", from: "203.0.113.7")).Status);
    }

    [Fact]
    public async Task What_a_client_writes_before_the_proxy_does_not_change_who_it_is()
    {
        await using var service = await StartAsync();
        for (var attempt = 0; attempt < 5; attempt++)
            Assert.Equal(403, (await service.ApiAsync("alice", code: "guess", from: $"10.0.0.{attempt}, 203.0.113.7")).Status);
        Assert.Equal(429, (await service.ApiAsync("alice", code: "guess", from: "10.9.9.9, 203.0.113.7, 127.0.0.1")).Status);
    }

    [Fact]
    public async Task The_form_and_the_API_share_one_limit()
    {
        await using var service = await StartAsync();
        for (var attempt = 0; attempt < 5; attempt++)
        {
            var reply = attempt % 2 == 0 ? service.FormAsync("alice", code: "guess") : service.ApiAsync("alice", code: "guess");
            Assert.Equal(403, (await reply).Status);
        }
        var page = await service.FormAsync("alice");
        Assert.Equal(429, page.Status);
        Assert.Contains("Please try again in 15 minutes.", page.Text);
        Assert.Equal(900, page.RetryAfter);
    }

    [Fact]
    public void Memory_is_bounded_and_given_back()
    {
        var limiter = new AttemptLimiter(time, new AttemptLimits { Clients = 100 });
        for (var client = 0; client < 10_000; client++)
            limiter.Attempt(new IPAddress(client + 1));
        Assert.Equal(100, limiter.ClientsRemembered);
        time.Advance(TimeSpan.FromMinutes(15));
        limiter.Attempt(IPAddress.Loopback);
        Assert.Equal(1, limiter.ClientsRemembered);
    }

    private Task<Service> StartAsync() => Service.StartAsync(configure: options => options.Time = time);
}
