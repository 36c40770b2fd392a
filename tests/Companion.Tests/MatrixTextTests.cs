using System.Text;
using System.Text.Json;
using Companion.Matrix;
using Companion.Settings;

namespace Companion.Tests;

/// <summary>What is said to the assistant, and how its answers are cut and marked.</summary>
public sealed class MatrixTextTests
{
    private const string Bot = "@claude:example.org";

    [Theory]
    [InlineData("@claude:example.org what is up?", "what is up?")]
    [InlineData("what is up, @claude:example.org?", "what is up, ?")]
    [InlineData("@claude:example.org: hello", "hello")]
    [InlineData("@CLAUDE:example.org hello", "hello")]
    [InlineData("[Claude](https://matrix.to/#/@claude:example.org): hello", "hello")]
    [InlineData("@claude:example.org", null)]
    [InlineData("@claude:example.org  :  ", null)]
    [InlineData("@claude:example.org 👍", "👍")]
    [InlineData("@claude:example.org.uk hello", null)] // another server
    [InlineData("@claude:example.orgy hello", null)]
    [InlineData("x@claude:example.org hello", null)]
    [InlineData("@claude:example.org:8448 hello", null)]
    [InlineData("Ask @claude:example.org. He knows.", "Ask . He knows.")]
    [InlineData("hello Claude", null)]
    public void A_question_names_the_whole_user_id(string body, string? question) =>
        Assert.Equal(question, Mention.Question(Message(body), Bot));

    [Theory]
    [InlineData("Claude: hello", "hello")]
    [InlineData("claude, hello", "hello")]
    [InlineData("@claude hello", "hello")]
    [InlineData("Claudette is a name", "Claudette is a name")]
    [InlineData("Claude", null)]
    public void A_mention_needs_no_user_id_in_the_text(string body, string? question) =>
        Assert.Equal(question, Mention.Question(Message(body, """{"m.mentions": {"user_ids": ["@claude:example.org"]}}"""), Bot));

    [Theory]
    [InlineData("""{"msgtype": "m.notice"}""")]
    [InlineData("""{"msgtype": "m.image"}""")]
    [InlineData("""{"m.relates_to": {"rel_type": "m.replace", "event_id": "$1"}}""")]
    [InlineData("""{"body": 7}""")]
    public void Notices_pictures_edits_and_nonsense_are_no_questions(string more) =>
        Assert.Null(Mention.Question(Message("@claude:example.org hello", more), Bot));

    [Theory]
    [InlineData("""{"msgtype": "m.image"}""", true)]
    [InlineData("""{"msgtype": "m.file", "body": "a.pdf", "m.mentions": {"user_ids": ["@claude:example.org"]}}""", true)]
    [InlineData("""{"msgtype": "m.file", "body": "a.pdf"}""", false)]
    [InlineData("""{"msgtype": "m.image", "m.relates_to": {"rel_type": "m.replace", "event_id": "$1"}}""", false)]
    [InlineData("{}", false)]
    public void A_picture_or_a_file_with_a_mention_is_an_attachment(string more, bool isAttachment) =>
        Assert.Equal(isAttachment, Mention.IsAttachment(Message("@claude:example.org hello", more), Bot));

    [Fact]
    public void Its_own_messages_are_no_questions() =>
        Assert.Null(Mention.Question(Message("@claude:example.org hello") with { Sender = Bot }, Bot));

    [Fact]
    public void A_quote_in_a_reply_is_not_part_of_the_question()
    {
        const string reply = """{"m.relates_to": {"m.in_reply_to": {"event_id": "$1"}}}""";
        Assert.Null(Mention.Question(Message("> <@claude:example.org> I said\n\nI agree", reply), Bot));
        Assert.Equal("do you?", Mention.Question(Message("> <@nana:example.org> I agree\n\n@claude:example.org do you?", reply), Bot));
    }

    [Fact]
    public void An_answer_stays_in_the_thread_of_the_question()
    {
        var inThread = Message("hello", """{"m.relates_to": {"rel_type": "m.thread", "event_id": "$root"}}""");

        Assert.Equal("$root", MessageContent.Answer(inThread, "x")["m.relates_to"]!["event_id"]!.GetValue<string>());
        Assert.Equal("$question", MessageContent.Answer(Message("hello"), "x")["m.relates_to"]!["event_id"]!.GetValue<string>());
        Assert.Equal("$question", MessageContent.Answer(inThread, "x")["m.relates_to"]!["m.in_reply_to"]!["event_id"]!.GetValue<string>());
    }

    [Fact]
    public void Markdown_becomes_html_and_tags_stay_text()
    {
        Assert.Equal("<p><strong>bold</strong> &lt;script&gt;</p>", MessageContent.Answer(Message("x"), "**bold** <script>")["formatted_body"]!.GetValue<string>());
        Assert.False(MessageContent.Answer(Message("x"), "plain").ContainsKey("formatted_body"));
    }

    [Theory]
    [InlineData(">")]
    [InlineData("[")]
    [InlineData("- ")]
    public void Markdown_that_nests_without_end_stays_text(string piece)
    {
        var text = string.Concat(Enumerable.Repeat(piece, 3000));

        Assert.Equal(text, MessageContent.Answer(Message("x"), text)["body"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("😀 ")]
    [InlineData("\"<a>\" ")]
    [InlineData("**\\\\** ")]
    [InlineData("| a | b |\n")]
    public void A_message_fits_into_an_event_whatever_its_HTML_makes_of_it(string piece)
    {
        var text = $"# Much\n\n| a | b |\n|---|---|\n{string.Concat(Enumerable.Repeat(piece, 4000))}";

        // Encrypted it is a third longer, and the homeserver adds what it knows of it.
        foreach (var part in MessageParts.Cut(text))
            Assert.InRange(Encoding.UTF8.GetByteCount(MessageContent.Edit(Message("x"), "$answer", part).ToJsonString(MatrixClient.Compact)), 1, 46_500);
    }

    [Theory]
    [InlineData("word ", 5000)]
    [InlineData("👩‍👩‍👧‍👦", 3000)]
    [InlineData("ж", 20000)]
    [InlineData("a line\n", 6000)]
    public void A_long_answer_is_cut_into_parts_that_fit_and_lose_nothing(string piece, int times)
    {
        var text = string.Concat(Enumerable.Repeat(piece, times));

        var parts = MessageParts.Cut(text);

        Assert.All(parts, part => Assert.InRange(Encoding.UTF8.GetByteCount(part), 1, MessageParts.MostBytes));
        Assert.Equal(Letters(text), Letters(string.Concat(parts)));
        Assert.DoesNotContain('\ufffd', string.Concat(parts));
    }

    [Fact]
    public void The_parts_before_the_last_do_not_change_when_the_text_grows()
    {
        var text = string.Join("\n\n", Enumerable.Range(1, 900).Select(number => $"Paragraph {number} says something."));
        var earlier = MessageParts.Cut(text[..(text.Length / 2)]);

        Assert.Equal(earlier.SkipLast(1), MessageParts.Cut(text).Take(earlier.Count - 1));
    }

    [Fact]
    public void A_code_block_that_is_cut_is_closed_and_opened_again()
    {
        var code = string.Concat(Enumerable.Range(1, 1000).Select(number => $"var x{number} = {number};\n"));

        var parts = MessageParts.Cut($"```csharp\n{code}```");

        Assert.True(parts.Count > 1);
        Assert.All(parts, part => Assert.StartsWith("```csharp\n", part, StringComparison.Ordinal));
        Assert.All(parts, part => Assert.EndsWith("\n```", part, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("*", "@a:b", true)]
    [InlineData("*:example.org", "@nana:example.org", true)]
    [InlineData("*:example.org", "@nana:evil.example.org", false)]
    [InlineData("*:example.org", "@nana:example.org.evil", false)]
    [InlineData("@nana:example.org", "@nana:example.org", true)]
    [InlineData("@nana:example.org", "@nana:example.orgx", false)]
    [InlineData("@n*:example.org", "@nana:example.org", true)]
    [InlineData("@n*:example.org", "@x:example.org", false)]
    [InlineData("@a*a:b", "@a:b", false)]
    public void A_pattern_matches_whole_user_ids(string pattern, string user, bool matches) =>
        Assert.Equal(matches, new UserPattern(pattern).Matches(user));

    private static string Letters(string text) => string.Concat(text.Where(c => !char.IsWhiteSpace(c)));

    private static RoomEvent Message(string body, string more = "{}")
    {
        var content = new Dictionary<string, object> { ["msgtype"] = "m.text", ["body"] = body };
        foreach (var entry in JsonDocument.Parse(more).RootElement.EnumerateObject())
            content[entry.Name] = entry.Value;
        var raw = JsonSerializer.SerializeToElement(new { event_id = "$question", sender = "@nana:example.org", type = "m.room.message", content });
        return RoomEvent.Read("!room", raw)!;
    }
}
