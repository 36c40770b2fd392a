using System.Security.Cryptography;
using System.Text;

namespace Hale.Secrets.Tests.AgeFiles;

/// <summary>Both directions against the age program.</summary>
public sealed class PeerTests
{
    public static TheoryData<int, bool> Sizes
    {
        get
        {
            var data = new TheoryData<int, bool>();
            foreach (var size in (int[])[0, 1, 47, 48, 65535, 65536, 65537, 131072, 300_001])
            {
                data.Add(size, false);
                data.Add(size, true);
            }

            return data;
        }
    }

    [Theory, MemberData(nameof(Sizes))]
    public void Age_reads_what_we_write_and_we_read_what_it_writes(int size, bool armored)
    {
        if (!Peer.Has("age"))
            return;
        using var scratch = new Scratch();
        var identity = AgeIdentity.Generate();
        var key = scratch.Write("key.txt", identity.ToKeyFile(DateTimeOffset.UnixEpoch));
        var plain = RandomNumberGenerator.GetBytes(size);

        Assert.Equal(plain, Peer.Run("age", ["-d", "-i", key], Age.Encrypt(plain, [identity.Recipient], armored)));
        string[] arguments = ["-r", identity.Recipient.ToString()];
        Assert.Equal(plain, Age.Decrypt(Peer.Run("age", armored ? [.. arguments, "-a"] : arguments, plain), [identity]));
    }

    [Fact]
    public void An_SSH_key_works_in_both_directions()
    {
        if (!Peer.Has("age") || !Peer.Has("ssh-keygen"))
            return;
        using var scratch = new Scratch();
        Peer.Run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "somebody@somewhere", "-f", scratch["id"]]);
        var identity = Assert.Single(AgeIdentity.ReadKeyFile(scratch["id"]));
        var recipient = AgeRecipient.Parse(File.ReadAllText(scratch["id.pub"]));
        Assert.Equal(recipient, identity.Recipient);

        Assert.Equal("hello"u8, Peer.Run("age", ["-d", "-i", scratch["id"]], Age.Encrypt("hello"u8, [recipient])));
        Assert.Equal("hello"u8, Age.Decrypt(Peer.Run("age", ["-R", scratch["id.pub"]], "hello"u8.ToArray()), [identity]));
        Assert.Equal("hello"u8, Age.Decrypt(Age.Encrypt("hello"u8, [recipient]), [identity]));
    }

    [Fact]
    public void Every_one_of_several_recipients_can_read()
    {
        if (!Peer.Has("age"))
            return;
        using var scratch = new Scratch();
        AgeIdentity[] identities = [AgeIdentity.Generate(), AgeIdentity.Generate(), AgeIdentity.Generate()];
        var file = Age.Encrypt("for three"u8, [.. identities.Select(identity => identity.Recipient)]);
        foreach (var identity in identities)
        {
            var key = scratch.Write("key.txt", identity.ToKeyFile(DateTimeOffset.UnixEpoch));
            Assert.Equal("for three"u8, Peer.Run("age", ["-d", "-i", key], file));
            Assert.Equal("for three"u8, Age.Decrypt(file, [AgeIdentity.Generate(), identity]));
        }
    }

    [Fact]
    public void Key_files_are_shared_with_age_keygen()
    {
        if (!Peer.Has("age-keygen"))
            return;
        using var scratch = new Scratch();
        var theirs = scratch.Write("theirs.txt", Encoding.UTF8.GetString(Peer.Run("age-keygen", [])));
        Assert.Equal(Peer.Text("age-keygen", "-y", theirs), Assert.Single(AgeIdentity.ReadKeyFile(theirs)).Recipient.ToString());

        var identity = AgeIdentity.Generate();
        identity.WriteKeyFile(scratch["new/ours.txt"], DateTimeOffset.UnixEpoch);
        Assert.Equal(identity.Recipient.ToString(), Peer.Text("age-keygen", "-y", scratch["new/ours.txt"]));
    }

    [Fact]
    public void A_gigabyte_passes_in_constant_memory()
    {
        using var scratch = new Scratch();
        var identity = AgeIdentity.Generate();
        const long size = 1L << 30;
        // The first pass compiles and warms up; what the second allocates must not depend on the size.
        RoundTrip(1 << 20);
        var before = GC.GetAllocatedBytesForCurrentThread();
        RoundTrip(size);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 8 << 20);

        void RoundTrip(long length)
        {
            using (var file = File.Create(scratch["big.age"]))
                Age.Encrypt(new Zeroes(length), file, [identity.Recipient]);
            using var again = File.OpenRead(scratch["big.age"]);
            var count = new Counter();
            Age.Decrypt(again, count, [identity]);
            Assert.Equal(length, count.Bytes);
            Assert.True(count.OnlyZeroes);
        }
    }

    private sealed class Zeroes(long length) : ForwardOnlyStream
    {
        private long left = length;

        public override bool CanRead => true;

        public override int Read(Span<byte> buffer)
        {
            var part = (int)Math.Min(buffer.Length, left);
            buffer[..part].Clear();
            left -= part;
            return part;
        }
    }

    private sealed class Counter : ForwardOnlyStream
    {
        internal long Bytes { get; private set; }

        internal bool OnlyZeroes { get; private set; } = true;

        public override bool CanWrite => true;

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            Bytes += buffer.Length;
            OnlyZeroes &= !buffer.ContainsAnyExcept((byte)0);
        }
    }
}
