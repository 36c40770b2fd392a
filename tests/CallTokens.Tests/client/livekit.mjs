// LiveKit's own library at work: node livekit.mjs WHAT KEY SECRET …; prints JSON.
import { AccessToken, RoomServiceClient, TokenVerifier } from 'livekit-server-sdk';
import { createHash } from 'node:crypto';

const [what, key, secret, ...rest] = process.argv.slice(2);
const print = value => console.log(JSON.stringify(value));

switch (what) {
    // The claims of a token, where the library accepts it.
    case 'verify':
        print(await new TokenVerifier(key, secret).verify(rest[0]));
        break;
    // What LiveKit would send in the Authorization header of a webhook with this body.
    case 'sign': {
        const token = new AccessToken(key, secret);
        token.sha256 = createHash('sha256').update(rest[0]).digest('base64');
        print(await token.toJwt());
        break;
    }
    // A room, made by the library at this URL.
    case 'room':
        print(await new RoomServiceClient(rest[0], key, secret).createRoom({ name: rest[1], emptyTimeout: 300, departureTimeout: 20 }));
        break;
    default:
        throw new Error(`There is no "${what}".`);
}
