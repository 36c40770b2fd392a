using System.Text;

namespace Hale.Activator.Machine;

/// <summary>
/// What makes a machine come up in the system that it is committed to: systemd runs this generator (systemd.generator(7)) before it
/// reads any unit, and it leads <c>/run/hale/system</c>, through which all of Hale's links go, to where <c>/etc/hale/system</c> leads.
/// So what runs can be tried before the next boot depends on it. Units whose data an activation left unsettled it holds back
/// (<see cref="Data.DataHold"/>), at this boot and whenever units are read again in it. A file of its own, not a link: it must work whatever system is named.
/// </summary>
internal static class BootGenerator
{
    internal const string Place = "/etc/systemd/system-generators/hale";
    private const UnixFileMode FolderMode = (UnixFileMode)0b111_101_101;

    internal const string Text = """
        #!/bin/sh
        # Hale: this boot runs the system that the machine is committed to. Written by hale-activator.
        if [ ! -L /run/hale/system ] && system=$(readlink /etc/hale/system); then
            mkdir -p /run/hale && ln -s "$system" /run/hale/system
            [ -d /etc/hale/held ] && cp -r /etc/hale/held /run/hale/held
        fi
        # Units whose data are not settled wait until they are.
        [ -d /run/hale/held ] && [ -n "$1" ] && cp -r /run/hale/held/. "$1"
        exit 0

        """;

    /// <summary>What earlier versions of Hale wrote, and no person: the next activation writes it anew. Whoever changes <see cref="Text"/> adds what it was.</summary>
    private static readonly string[] Earlier =
    [
        """
        #!/bin/sh
        # Hale: this boot runs the system that the machine is committed to. Written by hale-activator.
        [ -L /run/hale/system ] && exit 0
        system=$(readlink /etc/hale/system) || exit 0
        mkdir -p /run/hale && ln -s "$system" /run/hale/system

        """,
    ];

    /// <summary>Whether a text is this generator, of this version of Hale or one before it.</summary>
    internal static bool IsIts(string? text) => text == Text || Earlier.Contains(text);

    internal static void Install(MachineFiles files)
    {
        var text = Encoding.ASCII.GetBytes(Text);
        if (files.Read(Place) is { } there && there.AsSpan().SequenceEqual(text))
            return;
        files.MakeFolder(Path.GetDirectoryName(Place)!, FolderMode);
        files.Write(Place, text, FolderMode);
    }

    /// <summary>A machine that has no system needs none.</summary>
    internal static void Remove(MachineFiles files)
    {
        files.Remove(Place);
        files.RemoveFolderIfEmpty(Path.GetDirectoryName(Place)!);
    }
}
