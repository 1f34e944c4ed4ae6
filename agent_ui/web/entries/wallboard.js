// The wallboard stands alone: no frame, no phone, only the socket and the board.
import { socket } from '../socket.js';
import '../ui/wall-board.js';

socket.start();
